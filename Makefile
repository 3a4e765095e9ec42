# The first use of any target builds .venv from lib/requirements.lock; without make, see README.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
BUILT := $(VENV)/.built-$(shell cat lib/requirements.lock lib/pyproject.toml | cksum | tr ' ' '-')
PAGES := lib/pages/node_modules/.package-lock.json
ARGS ?=
SIZE ?=
PART ?=

# Bytecode is wanted: without it every import takes three times as long. Charts choose their own backend.
unexport PYTHONDONTWRITEBYTECODE MPLBACKEND

.DEFAULT_GOAL := help
.PHONY: help reports report mail init check lab test fuzz calibrate bench pages schedule schedule-check lab-check clean clean-outputs

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "  %-20s %s\n", $$1, $$2}'

reports: $(BUILT) ## make every report; they land in outputs/latest (ARGS="--as-of 2026-05-31" and the like)
	@$(RUN) -m revops run $(ARGS)

report: $(BUILT) ## make one report: make report STEM=pipeline_coverage
	@test -n "$(STEM)" || { echo "Which report? Say for example: make report STEM=pipeline_coverage"; exit 2; }
	@$(RUN) -m revops run $(STEM) $(ARGS)

mail: $(BUILT) ## write the Monday mail to outputs/mail; ARGS=--send sends it, each review once
	@$(RUN) -m revops mail $(ARGS)

init: $(BUILT) ## write a first company.yml from a folder of exports: make init FOLDER=data/acme
	@test -n "$(FOLDER)" || { echo "Which folder? Say for example: make init FOLDER=data/acme"; exit 2; }
	@$(RUN) -m revops init $(FOLDER) $(ARGS)

check: $(BUILT) ## say what the exports hold, what is left out, and which reports can run
	@$(RUN) -m revops check $(ARGS)

schedule: $(BUILT) ## print what runs and mails the reports every Monday: make schedule TO=cron (systemd, github, airflow)
	@test -n "$(TO)" || { echo "By what? Say for example: make schedule TO=systemd (or cron, github, airflow)"; exit 2; }
	@$(RUN) -m revops schedule $(TO) $(ARGS)

schedule-check: $(BUILT) ## load the Airflow DAG in a throwaway environment: a download of some 300 MB
	@$(RUN) lib/tests/schedule_check.py

lab: $(BUILT) ## open the notebooks in JupyterLab
	@$(RUN) -m jupyterlab notebooks

test: $(BUILT) ## run the tests
	@$(RUN) -m pytest lib/tests -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

fuzz: $(BUILT) ## damage example exports at random, 1,000 times in two ways each, new ones each time: ARGS=20000 for more
	@REVOPS_FUZZ=$(or $(ARGS),1000) $(RUN) -m pytest lib/tests/test_fuzz.py

calibrate: $(BUILT) ## hold every range and probability against simulated companies, beside what others use: an hour of one core
	@$(RUN) lib/tests/calibrate.py $(ARGS)

bench: $(BUILT) ## say how fast it is, beside plain tools on the same input: SIZE=full to ten million rows, PART=runs that alone, ARGS=--help
	@$(RUN) lib/tests/bench.py $(PART) $(if $(SIZE),--size $(SIZE)) $(ARGS)

pages: $(PAGES) $(BUILT) ## check the pages as people meet them: make pages ARGS=--shots leaves pictures in outputs/pages
	@CHROMIUM=$$(sh lib/pages/needs.sh) && export CHROMIUM && node --test --test-reporter=dot lib/pages/check.test.js && node lib/pages/check.js $(ARGS)

lab-check: $(PAGES) $(BUILT) ## run a notebook in JupyterLab as a person would, and hold it against the report
	@CHROMIUM=$$(sh lib/pages/needs.sh) && export CHROMIUM && node lib/pages/lab.js $(ARGS)

clean: ## remove the environment and the cache; runs stay
	rm -rf $(VENV) outputs/.cache lib/.pytest_cache lib/.ruff_cache .hypothesis lib/.hypothesis lib/pages/node_modules

clean-outputs: ## remove every run: make clean-outputs CONFIRM=1
	@test "$(CONFIRM)" = 1 || { echo "This removes every run in outputs. If you mean it: make clean-outputs CONFIRM=1"; exit 2; }
	rm -rf outputs

$(PAGES): lib/pages/package-lock.json
	@sh lib/pages/needs.sh >/dev/null
	@npm ci --prefix lib/pages --ignore-scripts --no-audit --no-fund --silent

$(BUILT): # pip downloads what the lock pins and checks its hashes; some packages hold files that do not compile: no harm
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed, and $(PYTHON) is not that. Install one (on Debian and Ubuntu: sudo apt install python3), or name one: make PYTHON=python3.12 reports"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks the module venv. Install it (on Debian and Ubuntu: sudo apt install python3-venv), then try again."; exit 1; }
	@echo "Building $(VENV): a few minutes, once."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r lib/requirements.lock
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation -e lib
	@$(RUN) -m compileall -q -j 0 $(VENV)/lib lib/revops >/dev/null 2>&1 || true
	@touch $@

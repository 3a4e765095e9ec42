"""Preparations that keep what they did: a folder prepared again and again, beside one from nothing."""

import json
import shutil
from collections import Counter

from revops.contents import Contents
from revops.errors import ExportError
from revops.exports import prepare
from revops.exports.keeping.steps import KeptSteps

__all__ = ["Counted", "Gate"]


class Counted(KeptSteps):
    """Steps that count which of them were done; a file is read once more where a step needs its rows."""

    def begin(self, *given):
        super().begin(*given)
        self.done = Counter()

    def _step(self, key, make):
        def counted(name=self.name):
            self.done[name] += 1
            return make()

        return super()._step(key, counted)

    def survey(self, blob):
        self.name = f"survey {blob.name}"
        return super().survey(blob)

    def read(self, given, source, description, read):
        self.name = name = f"read {source.name}"

        def counted(*to):
            self.done[f"rows of {source.name}"] += to[0] is not source
            return read(*to)

        assert name
        return super().read(given, source, description, counted)

    def do(self, function, *given):
        self.name = function.__name__
        return super().do(function, *given)

    def finished(self, name, *given):
        self.name = f"{name}.parquet"
        return super().finished(name, *given)


class Gate:
    """A folder of exports and the folders of its preparations, the latest last."""

    def __init__(self, place, definitions):
        self.place, self.folder, self.company = place, place / "data", definitions
        self.homes, self.n = [], 0

    def prepared(self, *formers):
        """Return audit and files by name, or the refusal; which steps were done; and the folder, if all went well."""
        self.n += 1
        home = self.place / f"home {self.n}"
        home.mkdir()
        steps = Counted(home, list(formers), self.company.model_dump_json(), Contents(self.place))
        try:
            audit = prepare(self.folder, self.company, None, home, steps).audit
        except ExportError as refusal:
            shutil.rmtree(home)
            return str(refusal), steps.done, None
        files = {file.name: file.read_bytes() for file in home.iterdir() if file.is_file()}
        assert all(name.endswith(".parquet") for name in files)
        return {"audit": json.dumps(audit.to_json()), **files}, +steps.done, home

    def again(self):
        """Return files and steps done of a preparation beside the former ones, which is the very one from nothing."""
        found, done, home = self.prepared(*reversed(self.homes))
        afresh, _, other = self.prepared()
        assert found == afresh
        if home is not None:
            self.homes.append(home)
            shutil.rmtree(other)
        return found, done

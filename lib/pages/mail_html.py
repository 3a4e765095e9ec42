"""Writes the HTML part of each message in a folder beside it as a page, pictures off: mail programs begin with that."""

import re
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

_PICTURE = re.compile(r'src="cid:[^"]*"')

for file in sorted(Path(sys.argv[1]).glob("*.eml")):
    body = message_from_bytes(file.read_bytes(), policy=default).get_body(("html",))
    if body is not None:  # maintainers get plain text
        file.with_suffix(".html").write_text(_PICTURE.sub('src="data:,"', body.get_content()), encoding="utf-8")

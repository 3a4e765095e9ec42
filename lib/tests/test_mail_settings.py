"""params/mail.yml and the variables of the server: what is taken, and what is refused in which words."""

from pathlib import Path

import pytest
import yaml

from revops.company import load_settings
from revops.delivery.mail.settings import MailSettings, Server, load_mail, server_in
from revops.errors import SettingsError

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "params" / "mail.yml").read_text(encoding="utf-8")


def refusal(tmp_path, before, after):
    """Return what is said of the shipped file with one piece of it changed."""
    assert before in SHIPPED
    file = tmp_path / "mail.yml"
    file.write_text(SHIPPED.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(SettingsError) as told:
        load_settings(file, MailSettings)
    return str(told.value).removeprefix(f"{tmp_path}/mail.yml: ")


def test_the_shipped_file_is_whole_and_each_key_explained():
    mail = load_mail(ROOT / "params")
    assert (mail.sender_name, mail.sender_address) == ("RevOps Workbooks", "revops@example.com")
    assert [(each.name, each.audience) for each in mail.lists] == [
        ("leadership", "executive"), ("marketing-ops", "marketing_ops"), ("revops", "revops"),
    ]  # fmt: skip
    keys = {field.alias or name for name, field in MailSettings.model_fields.items()}
    assert set(yaml.safe_load(SHIPPED)) == keys


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("from:", "form:", "from is needed and is not there. Add it.\n  form is not a setting. Did you mean from? "
         "Known: "
         "allowed_domains, from, lists, maintainers, reply_to, timeout_seconds."),
        ("attach: all", "atach: all", "lists.0.atach is not a setting. Did you mean attach? Known: attach, "
         "audience, name, "
         "to."),
        ("audience: executive", "audience: cro", "lists.0.audience: input should be 'executive', 'marketing_ops' or "
         "'revops'; found 'cro'."),
        ("name: revops", "name: maintainers", "lists: each name must be there once, and maintainers is taken; found "
         "maintainers. Name it otherwise."),
        ("name: revops", "name: leadership", "lists: each name must be there once, and maintainers is taken; found "
         "leadership. Name it otherwise."),
        ("cfo@example.com", "CRO@example.COM", "leadership: each address must be there once; found cro@example.com "
         "again. "
         "Take it out."),
        ("cfo@example.com", "cfo@finance.example.com", "every recipient must be of allowed_domains (example.com); "
         "found 1 "
         "of 6 elsewhere: cfo@finance.example.com (leadership). Nothing is sent. Correct them, or list their "
         "domains: a "
         "subdomain counts as another one."),
        ("cfo@example.com", "cfo@example.com.evil.org", "every recipient must be of allowed_domains (example.com); "
         "found 1 "
         "of 6 elsewhere: cfo@example.com.evil.org (leadership). Nothing is sent. Correct them, or list their "
         "domains: a "
         "subdomain counts as another one."),
        ("[example.com]", "['*.example.com']", "allowed_domains.0: must be one domain such as example.com, without "
         "@ or *; "
         "found '*.example.com'.\n  allowed_domains: tuple should have at least 1 item after validation, not 0; found "
         "['*.example.com']."),
        ("timeout_seconds: 30", "timeout_seconds: 0", "timeout_seconds: input should be greater than 0; found 0."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_what_would_be_right(tmp_path, before, after, told):
    if before == "[example.com]":
        told = told.split("\n")[0]
    assert refusal(tmp_path, before, after).startswith(told)


@pytest.mark.parametrize(
    "address",
    ["a@example.com\\r\\nBcc: x@example.com", "a@example.com\\nX: y", "a@example.com\\0", "a b@example.com",
     "@example.com", "a@", "a@example.com, b@example.com",
     "A <a@example.com>", "a@exämple.com", "a..b@example.com", ".a@example.com",
     "a@example.com>", "a@-example.com", "a@@example.com", "a@example.com\\u2028", " a@example.com", ""],
)  # fmt: skip
def test_a_recipient_is_one_plain_address(tmp_path, address):
    told = refusal(tmp_path, "cro@example.com", f'"{address}"')
    found = repr(yaml.safe_load(f'"{address}"'))
    assert told.startswith(f"lists.0.to.0: must be one plain address such as cro@example.com; found {found}.")


@pytest.mark.parametrize("key", ["to", "reply_to", "maintainers"])
def test_every_place_of_an_address_is_checked(tmp_path, key):
    before, after = {
        "to": ("to: [revops@example.com]", 'to: ["x\\ny@example.com"]'),
        "reply_to": ("reply_to: null", 'reply_to: "x\\ny@example.com"'),
        "maintainers": ("maintainers: [revops@example.com]", 'maintainers: ["x\\ny@example.com"]'),
    }[key]
    assert "must be one plain address such as cro@example.com; found 'x\\ny@example.com'." in refusal(
        tmp_path, before, after
    )


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [("a@example.com", "", "a@example.com"), ("A B <a@example.com>", "A B", "a@example.com"),
     ('"B, A" <a@example.com>', "B, A", "a@example.com"), ("Größe <a@example.com>", "Größe", "a@example.com"),
     ("<a@example.com>", "", "a@example.com")],
)  # fmt: skip
def test_a_sender_may_have_a_name(text, name, address):
    mail = MailSettings.model_validate({**yaml.safe_load(SHIPPED), "from": text})
    assert (mail.sender_name, mail.sender_address) == (name, address)


def test_a_sender_cannot_bring_headers_along(tmp_path):
    told = refusal(tmp_path, '"RevOps Workbooks <revops@example.com>"', '"A\\r\\nBcc: x@example.com <a@example.com>"')
    assert told == "from: must be one line of printable characters; found 'A\\r\\nBcc: x@example.com <a@example.com>'."


def test_a_file_in_another_encoding_is_refused(tmp_path):
    file = tmp_path / "params" / "mail.yml"
    file.parent.mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "params" / "company.yml").write_text("")
    file.write_bytes(b"# who\nfrom: J\xfcrgen <a@example.com>\n")
    with pytest.raises(SettingsError) as refused:
        load_mail(tmp_path / "params")
    assert str(refused.value) == (
        "params/mail.yml, line 2: must be text in UTF-8; found another encoding. Save it again as UTF-8."
    )


def test_a_domain_is_the_same_in_capitals():
    values = {**yaml.safe_load(SHIPPED), "allowed_domains": ["EXAMPLE.com"], "maintainers": ["Data@Example.COM"]}
    assert MailSettings.model_validate(values).maintainers == ("Data@Example.COM",)


def test_a_company_without_the_file_takes_the_projects(tmp_path):
    acme = tmp_path / "params" / "acme"
    acme.mkdir(parents=True)
    for folder in (acme, acme.parent):
        (folder / "company.yml").write_text("company: x")
    (acme.parent / "mail.yml").write_text(SHIPPED.replace("attach: [attribution_comparison, stage_benchmarking]", ""))
    assert load_mail(acme).maintainers == ("revops@example.com",)
    text = SHIPPED.replace("attach: [attribution_comparison, stage_benchmarking]", "").replace("revops@", "own@")
    (acme / "mail.yml").write_text(text)
    assert load_mail(acme).maintainers == ("own@example.com",)
    (acme / "mail.yml").write_text(text + "\n".replace("attach: all", ""))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "cac_payback.ipynb").touch()
    (acme / "mail.yml").write_text(text.replace("attach: all", "attach: [cac_paybak]", 1))
    with pytest.raises(SettingsError) as told:
        load_mail(acme)
    assert str(told.value) == (
        "params/acme/mail.yml: leadership, attach: cac_paybak is not a report. Did you mean cac_payback? "
        "Known: cac_payback."
    )


HOST = {"REVOPS_SMTP_HOST": "mail.example.com"}
LOGIN = {"REVOPS_SMTP_USER": "me", "REVOPS_SMTP_PASSWORD": "hidden"}


@pytest.mark.parametrize(
    ("variables", "server"),
    [
        (HOST, Server("mail.example.com", 587, "starttls")),
        ({**HOST, **LOGIN, "PATH": "x"}, Server("mail.example.com", 587, "starttls", "me", "hidden")),
        ({**HOST, "REVOPS_SMTP_SECURITY": "tls"}, Server("mail.example.com", 465, "tls")),
        ({**HOST, "REVOPS_SMTP_PORT": "2525", "REVOPS_SMTP_CA": ""}, Server("mail.example.com", 2525, "starttls")),
        ({"REVOPS_SMTP_HOST": "LOCALHOST", "REVOPS_SMTP_SECURITY": "none"}, Server("LOCALHOST", 25, "none")),
        ({"REVOPS_SMTP_HOST": "::1", "REVOPS_SMTP_SECURITY": "none"}, Server("::1", 25, "none")),
        ({"REVOPS_SMTP_HOST": "127.8.9.1", "REVOPS_SMTP_SECURITY": "none"}, Server("127.8.9.1", 25, "none")),
    ],
)
def test_the_server_comes_from_the_environment(variables, server):
    assert server_in(variables) == server


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "REVOPS_SMTP_HOST: must name the mail server; found nothing. Set it, as in README under Every Monday."),
        ({"REVOPS_SMTP_HOST": "a b"}, "REVOPS_SMTP_HOST: must be a host's name or address alone; found 'a b'. "
         "Correct it."),
        ({**HOST, "REVOPS_SMTP_PORT": "0"}, "REVOPS_SMTP_PORT: must be a port, 1 to 65535; found '0'. Correct it."),
        ({**HOST, "REVOPS_SMTP_PORT": "٥٨٧"}, "REVOPS_SMTP_PORT: must be a port, 1 to 65535; found '٥٨٧'. Correct it."),
        ({**HOST, "REVOPS_SMTP_SECURITY": "ssl"}, "REVOPS_SMTP_SECURITY: must be starttls, tls or none; found 'ssl'. "
         "Correct it."),
        ({**HOST, "REVOPS_SMTP_SECURITY": "none"}, "REVOPS_SMTP_SECURITY: must be starttls or tls for a server "
         "elsewhere; "
         "found none for mail.example.com. The review would travel in the clear."),
        ({**HOST, "REVOPS_SMTP_PASSWORD": "hidden"}, "REVOPS_SMTP_USER: must be set where REVOPS_SMTP_PASSWORD is; "
         "found "
         "nothing. Set both or neither."),
        ({**HOST, "REVOPS_SMTP_CA": "/no/such"}, "REVOPS_SMTP_CA: must be a file of certificates; found none at "
         "/no/such. "
         "Correct the path."),
        ({**HOST, **LOGIN, "REVOPS_SMTP_PASWORD": "hidden"}, "REVOPS_SMTP_PASWORD is not a variable. Did you mean "
         "REVOPS_SMTP_PASSWORD? Known: REVOPS_SMTP_CA, REVOPS_SMTP_HOST, REVOPS_SMTP_PASSWORD, REVOPS_SMTP_PORT, "
         "REVOPS_SMTP_SECURITY, REVOPS_SMTP_USER."),
    ],
)  # fmt: skip
def test_variables_that_cannot_be_used_are_named(variables, told):
    with pytest.raises(SettingsError) as refused:
        server_in(variables)
    assert str(refused.value) == told
    assert "hidden" not in told

"""The sentences of the mail check: what was found, and what to change."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

UNANSWERED = _("DNS did not answer about %(name)s.")
AGAIN = _("Check again in a few minutes; if it stays so, ask who runs the DNS of the domain.")

TEXTS: dict[str, tuple[Any, Any]] = {
    "unanswered": (UNANSWERED, AGAIN),
    "captured": (
        _("Emails are captured on this machine and never leave it."),
        _("Set EMAIL_URL to a mail server before readers subscribe; the DNS records are checked then."),
    ),
    "encrypted": (_("%(host)s was reached with %(protocol)s, and its certificate is valid."), ""),
    "expires": (
        _("The certificate of %(host)s ends on %(day)s."),
        _("Renew it: after that day no email leaves."),
    ),
    "local": (_("The mail server is on this machine: nothing travels in clear over the network."), ""),
    "clear": (
        _("Emails go to %(host)s unencrypted, with their content and recipients."),
        _("Begin EMAIL_URL with smtp+tls:// or smtps://."),
    ),
    "unreachable": (
        _("%(host)s could not be reached (%(phase)s)."),
        _("Check host and port of EMAIL_URL, the firewall, and that its certificate is valid for this name."),
    ),
    "refused": (
        _("%(host)s answered %(answer)s."),
        _("At auth, check user and password of EMAIL_URL; at starttls, the server offers no encryption."),
    ),
    "spf_missing": (
        _("%(domain)s has no SPF record."),
        _("Publish a TXT record at %(domain)s that names the servers that send, such as v=spf1 mx -all."),
    ),
    "spf_twice": (_("%(domain)s has more than one SPF record, so none counts."), _("Merge them into one TXT record.")),
    "spf_broken": (_("The SPF record of %(domain)s cannot be used: %(why)s."), _("Correct it: until then it counts as none.")),
    "spf_open": (_("The SPF record of %(domain)s allows every server."), _("End it with -all or ~all.")),
    "spf_good": (_("The SPF record of %(domain)s allows %(host)s."), ""),
    "spf_others": (
        _("The SPF record of %(domain)s is valid, and does not name %(host)s itself."),
        _("If emails leave through other servers, such as a provider's, check that it names them. Otherwise add %(host)s."),
    ),
    "dkim_none": (
        _("Emails are not signed here (DKIM_KEYS is empty)."),
        _("If your mail server does not sign them either, make a key with manage.py dkim_key."),
    ),
    "dkim_missing": (
        _("The key %(selector)s signs, and %(name)s has no record: every signature fails."),
        _("Publish what manage.py dkim_key prints."),
    ),
    "dkim_other": (
        _("The record at %(name)s is of another key: every signature of %(selector)s fails."),
        _("Publish what manage.py dkim_key prints, or remove the entry from DKIM_KEYS."),
    ),
    "dkim_good": (_("The key %(selector)s signs for %(domain)s, and its record is published."), ""),
    "dkim_unreadable": (_("DKIM_KEYS cannot be used: %(why)s."), _("Correct DKIM_KEYS; manage.py dkim_key makes a key.")),
    "dmarc_missing": (
        _("%(domain)s has no DMARC record; large providers ask for one."),
        _("Publish a TXT record at _dmarc.%(domain)s, such as v=DMARC1; p=none; rua=mailto:dmarc@%(domain)s."),
    ),
    "dmarc_twice": (_("%(domain)s has more than one DMARC record, so none counts."), _("Leave one at _dmarc.%(domain)s.")),
    "dmarc_broken": (
        _("The DMARC record of %(domain)s has no valid policy."),
        _("It needs p=none, p=quarantine or p=reject behind v=DMARC1."),
    ),
    "dmarc_unaligned": (
        _("Neither the return path (%(envelope)s) nor the signature (%(signer)s) is of %(domain)s, so DMARC fails."),
        _("Set DKIM_KEYS and DKIM_DOMAIN, or BOUNCE_ADDRESS, to the domain of DEFAULT_FROM_EMAIL."),
    ),
    "dmarc_good": (_("%(domain)s has a DMARC record (p=%(policy)s), and what is sent is aligned with it."), ""),
    "ptr_hidden": (
        _("Emails leave through %(host)s, whose public address is not visible from here."),
        _("Check on that server that its address has a name in DNS, and the name that address."),
    ),
    "ptr_missing": (
        _("%(address)s (%(host)s) has no name in DNS; many servers refuse mail from such an address."),
        _("Ask who gave you the address to set its reverse record to %(host)s."),
    ),
    "ptr_other": (
        _("%(address)s is named %(name)s, and that name does not lead back to it."),
        _("Give %(name)s an address record with %(address)s, or set the reverse record to %(host)s."),
    ),
    "ptr_good": (_("%(address)s is named %(name)s, and that name leads back to it."), ""),
    "unsubscribe_http": (
        _("Newsletters cannot be left by one click: SITE_URL begins with http://, and mail programs ask for https://."),
        _("Serve the site by https, and set SITE_URL to that."),
    ),
    "unsubscribe_unsigned": (
        _("The headers for leaving a newsletter are there, and no signature made here covers them."),
        _("Sign here (DKIM_KEYS), or check that your mail server's signature covers List-Unsubscribe and the -Post one."),
    ),
    "unsubscribe_missing": (
        _("A newsletter lacks the headers for leaving it by one click."),
        _("Report it: this release is broken."),
    ),
    "unsubscribe_good": (_("A newsletter can be left by one click, and the signature covers the headers that say how."), ""),
    "bounces_unset": (
        _("What mail servers return later is not read (BOUNCE_ADDRESS is empty)."),
        _("Set it, and let its mail be read: by manage.py bounces, or from a mailbox."),
    ),
    "bounces_nowhere": (
        _("No server takes mail for %(domain)s, the domain of BOUNCE_ADDRESS."),
        _("Publish an MX record for %(domain)s."),
    ),
    "bounces_good": (_("What is returned goes to %(domain)s, which takes mail."), ""),
}  # fmt: skip
"""By its name: what was found, and what to change."""

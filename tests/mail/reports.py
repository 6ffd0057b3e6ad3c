"""Reports as mail servers write them. In each, RETURN is the return path and <ID> the Message-ID of what is returned."""

from __future__ import annotations

POSTFIX = """\
Return-Path: <>
Delivered-To: RETURN
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: RETURN
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4E1B.1700000000/mx.example.org"
Message-Id: <20261127.4E1B@mx.example.org>

This is a MIME-encapsulated message.

--4E1B.1700000000/mx.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.org.

--4E1B.1700000000/mx.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
X-Postfix-Queue-ID: 4E1B
Arrival-Date: Fri, 27 Nov 2026 12:00:00 +0000 (UTC)

Final-Recipient: rfc822; r0@example.org
Original-Recipient: rfc822;r0@example.org
Action: ACTION
Status: STATUS
Remote-MTA: dns; mx2.example.org
Diagnostic-Code: smtp; 550 STATUS <r0@example.org>: Recipient address rejected

--4E1B.1700000000/mx.example.org
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <RETURN>
From: Afterword <post@afterword.example>
To: r0@example.org
Subject: A post
Message-ID: <ID>

--4E1B.1700000000/mx.example.org--
"""

EXCHANGE = """\
From: <postmaster@example.org>
To: <RETURN>
Subject: Undeliverable: A post
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="_8f2"

--_8f2
Content-Type: multipart/alternative; boundary="_alt"

--_alt
Content-Type: text/plain; charset="us-ascii"

Delivery has failed to these recipients.
--_alt
Content-Type: text/html; charset="us-ascii"

<p>Delivery has failed to these recipients.</p>
--_alt--

--_8f2
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.example.org
Received-From-MTA: dns;mail.afterword.example
Arrival-Date: Fri, 27 Nov 2026 12:00:00 +0000

Original-Recipient: rfc822;r0@example.org
Final-Recipient: rfc822;r0@example.org
Action: ACTION
Status: STATUS
Diagnostic-Code: smtp;550 STATUS RESOLVER.ADR.RecipNotFound; not found

--_8f2
Content-Type: message/rfc822

From: Afterword <post@afterword.example>
To: r0@example.org
Subject: A post
Message-ID: <ID>
Content-Type: text/plain

The text.
--_8f2--
"""

GMAIL = """\
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: RETURN
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <ID>
In-Reply-To: <ID>
X-Failed-Recipients: r0@example.org
MIME-Version: 1.0
Content-Type: multipart/report; boundary="000000000000ab12"; report-type=delivery-status

--000000000000ab12
Content-Type: multipart/related; boundary="000000000000ab34"

--000000000000ab34
Content-Type: multipart/alternative; boundary="000000000000ab56"

--000000000000ab56
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to r0@example.org because the address couldn't be found.
--000000000000ab56
Content-Type: text/html; charset="UTF-8"

<html><p>Address not found</p></html>
--000000000000ab56--
--000000000000ab34
Content-Type: image/png; name="icon.png"
Content-Disposition: attachment; filename="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--000000000000ab34--
--000000000000ab12
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; post@afterword.example
Arrival-Date: Fri, 27 Nov 2026 04:00:00 -0800 (PST)
X-Original-Message-ID: <ID>

Final-Recipient: rfc822; r0@example.org
Action: ACTION
Status: STATUS
Remote-MTA: dns; mx.example.org. (192.0.2.7, the server for the domain example.org.)
Diagnostic-Code: smtp; 550-STATUS The email account that you tried to reach does not exist. Please try
 550-STATUS double-checking the recipient's email address for typos. 550 STATUS NoSuchUser
Last-Attempt-Date: Fri, 27 Nov 2026 04:00:01 -0800 (PST)

--000000000000ab12
Content-Type: message/rfc822

From: Afterword <post@afterword.example>
To: r0@example.org
Subject: A post
Message-ID: <ID>

The text.
--000000000000ab12--
"""

GLOBAL = """\
From: MAILER-DAEMON@example.org
To: RETURN
MIME-Version: 1.0
Content-Type: multipart/report; report-type=global-delivery-status; boundary="g"

--g
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Der Empfänger ist unbekannt.
--g
Content-Type: message/global-delivery-status
Content-Transfer-Encoding: 8bit

Reporting-MTA: dns; mx.example.org

Final-Recipient: utf-8; jürgen@example.org
Action: ACTION
Status: STATUS

--g
Content-Type: message/global-headers
Content-Transfer-Encoding: 8bit

To: jürgen@example.org
Message-ID: <ID>

--g--
"""

COMPLAINT = """\
From: <abuse@mailprovider.example>
To: <abuse@afterword.example>
Subject: FW: A post
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP 192.0.2.1.

--part
Content-Type: message/feedback-report

Feedback-Type: ACTION
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <RETURN>
Original-Rcpt-To: <redacted@mailprovider.example>
Source-IP: 192.0.2.1

--part
Content-Type: message/rfc822
Content-Disposition: inline

From: Afterword <post@afterword.example>
To: <redacted@mailprovider.example>
Subject: A post
Message-ID: <ID>

The text.
--part--
"""

VACATION = """\
From: r0@example.org
To: RETURN
Subject: Out of office
In-Reply-To: <ID>
Auto-Submitted: auto-replied
Content-Type: text/plain

I am back on 5.1.1 at the latest.
"""


def written(
    text: str, *, back: str = "x@y.example", about: str = "<x@y.example>", action: str = "failed", status: str = "5.1.1"
) -> bytes:
    """Return one of the above about a message, as octets with the line ends of the wire."""
    filled = text.replace("RETURN", back).replace("<ID>", about).replace("ACTION", action).replace("STATUS", status)
    return filled.replace("\n", "\r\n").encode()

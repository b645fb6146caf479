"""The auditor's report: one HTML file with everything in it, no script, no link to anywhere."""

from __future__ import annotations

from html import escape

from zkmargin.cli.findings import Audit, Line
from zkmargin.cli.manners import short, timestamp
from zkmargin.verifier.combination import combination_of
from zkmargin.verifier.documents import Claim
from zkmargin.verifier.venue import part_of

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1f2933;max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-size:13px}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d9dee4;vertical-align:top}
code,pre{font:12.5px ui-monospace,monospace;background:#f3f5f7;border-radius:3px}
pre{padding:.8rem;overflow-x:auto}code{padding:0 .2rem}
.good{color:#1b7f5c;font-weight:600}.bad{color:#b3352b;font-weight:600}
svg{max-width:100%;height:auto}
.head{font:12px system-ui,sans-serif}.body{font:12px ui-monospace,monospace}
"""
GOOD, BAD, INK, LINE = "#1b7f5c", "#b3352b", "#1f2933", "#9aa5b1"


def html_report(audit: Audit, folder: str, policy_path: str) -> str:
    """The whole page. Everything that came from a file is escaped."""
    mark = "good" if audit.exit_code == 0 else "bad"
    rows = "\n".join(_row(line) for line in audit.lines)
    pictures = "\n".join(_section(line) for line in audit.proofs)
    waived = ", ".join(audit.policy.any).replace("_", " ") or "nothing"
    again = f"zkmargin audit {folder} --policy {policy_path} --at {timestamp(audit.now)} --arithmetic reference"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Margin proofs: audit</title><style>{STYLE}</style></head><body>
<h1>Margin proofs: audit</h1>
<p class="{mark}">{escape(audit.summary)}</p>
<p>Policy <code>{short(audit.policy.digest)}</code>; not asked: {escape(waived)}. A verified proof shows its sentence
about the committed account, about the sum of the accounts a combination lists, or about every account of its part of
an index, and nothing else; what is shown of a whole venue stands in the line of its index. That a commitment is to an
account's true content is the word of its attester; that prices are right is the word of the snapshot's signer.</p>
<h2>Files</h2>
<table><tr><th></th><th>file</th><th>kind</th><th>digest</th><th>finding</th></tr>
{rows}
</table>
{pictures}
<h2>Verify it yourself</h2>
<p>This page proves nothing: it is a record. With the files and the program, on any machine:</p>
<pre>{escape(again)}</pre>
<p>The reference arithmetic shares no field or curve code with the fast one. The digest of a document is SHA-256 of its
canonical form; <code>zkmargin inspect FILE</code> shows it, and what a file is bound to.</p>
</body></html>
"""


def _row(line: Line) -> str:
    mark = '<span class="good">ok</span>' if line.ok else f'<span class="bad">{escape(line.code)}</span>'
    cells = [mark, escape(line.file), escape(line.kind), f"<code>{short(line.digest)}</code>", escape(line.message)]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _section(line: Line) -> str:
    return f"<h2>{escape(line.file)}</h2>\n{binding_picture(line)}"


def binding_picture(line: Line) -> str:
    """What a proof is bound to, drawn: documents on the left, the statement, the verdict."""
    claim = line.claim
    if claim is None:
        return ""
    colour = GOOD if line.ok else BAD
    who, *subject = _subject(claim)
    boxes = [
        ("book", short(claim.book)),
        ("snapshot", short(claim.snapshot)),
        ("model", short(claim.model)),
        (subject[0], short(subject[1])),
    ]
    parts = [_box(10, 10 + 56 * i, 180, name, digest, LINE) for i, (name, digest) in enumerate(boxes)]
    parts += [_arrow(190, 32 + 56 * i, 300, 116) for i in range(len(boxes))]
    shows = claim.shows.sentence
    parts.append(_box(300, 82, 330, f"{who} to {claim.venue}, nonce {claim.nonce}"[:46], shows, INK, 68))
    parts.append(_arrow(630, 116, 720, 116))
    parts.append(_box(720, 94, 150, "proof", "verified" if line.ok else line.code, colour))
    title = escape(f"{line.file}: {line.message}")
    body = "".join(parts)
    return f'<svg viewBox="0 0 880 240" width="880" height="240" role="img"><title>{title}</title>{body}</svg>'


def _subject(claim: Claim) -> tuple[str, str, str]:
    """Who a proof is about, and the kind and digest of the document that says so."""
    part, combination = part_of(claim.account), combination_of(claim.account)
    if part is not None:
        return f"part {part.number} of {part.parts}", "index", part.root
    if combination is not None:
        return "a sum of accounts", "combination", combination
    return claim.account, "commitment", claim.commitments[0]


def _box(x: int, y: int, width: int, head: str, text: str, colour: str, height: int = 44) -> str:
    ink = INK if colour == LINE else colour
    middle, place = y + height // 2, f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return (
        f'<rect {place} rx="4" fill="white" stroke="{colour}" stroke-width="1.6"/>'
        f'<text x="{x + 10}" y="{middle - 4}" class="head">{escape(head)}</text>'
        f'<text x="{x + 10}" y="{middle + 13}" class="body" fill="{ink}">{escape(text[:44])}</text>'
    )


def _arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    curve = f"M{x1} {y1} C{x1 + 50} {y1} {x2 - 50} {y2} {x2} {y2}"
    return f'<path d="{curve}" fill="none" stroke="{LINE}" stroke-width="1.4"/>'

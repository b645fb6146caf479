"""What the demonstration tells, chapter by chapter; every line is a command, and its props are in scenes and crowd."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from zkmargin.cli import crowd, scenes

if TYPE_CHECKING:
    from zkmargin.cli.demo import Story

NOON = "2026-11-20T08:00:{:02}Z"
PROVE = f"--venue exchange --nonce 7d21 --at {NOON.format(10)}"
LEND = f"--venue lender --nonce 55aa --at {NOON.format(10)}"
VERIFY = f"--policy public/policy.json --at {NOON.format(20)}"


def tell(story: Story, quick: bool) -> None:
    """All of it, in the demonstration's folder."""
    scenes.write_inputs()
    _venue(story)
    _trader(story, quick)
    _proof(story)
    _refusals(story)
    _two_venues(story)
    _whole_book(story)
    _audit(story, quick)


def _venue(story: Story) -> None:
    story.chapter("1. The venue publishes a book, a model, and a dated, signed snapshot")
    story.remark("two underlyings: spot, perpetuals, dated futures, a grid of 48 options; five collateral assets")
    story.run("key new exchange --out private/exchange.key.json", show=False)
    os.replace("private/exchange.pub.json", "public/exchange.pub.json")
    story.run("snapshot build public/quotes.json --out public/snapshot.json")
    story.run("snapshot sign public/snapshot.json --key private/exchange.key.json", show=False)
    scenes.write_policy("public/policy.json", ["exchange"], venue="exchange", account="alice", nonce="7d21")


def _trader(story: Story, quick: bool) -> None:
    story.chapter("2. A trader imports a hedged portfolio, looks at its margin, and commits to it")
    story.run("account import alice private/positions.csv --out private/alice.json", show=False)
    plot = "" if quick else " --plot private"
    story.run(f"margin private/alice.json --level initial --scenarios 4{plot}")
    story.run("commit private/alice.json --out public/alice.commitment.json", show=False)
    story.remark("the venue signs that this is what alice's account holds")
    story.run(
        "attest public/alice.commitment.json --key private/exchange.key.json --venue exchange --sequence 1"
        f" --at {NOON.format(1)} --out public/alice.attestation.json",
        show=False,
    )


def _proof(story: Story) -> None:
    story.chapter("3. The trader proves that equity covers the initial requirement; the venue verifies")
    story.run(f"prove private/alice.json --show healthy {PROVE} --out public/proof.json")
    story.run(f"verify public/proof.json --attestation public/alice.attestation.json {VERIFY}")


def _refusals(story: Story) -> None:
    story.chapter("4. What is not true, not fresh, or not as asked, is refused")
    story.remark("one bit of the proof is flipped")
    scenes.tamper()
    attested = "--attestation public/alice.attestation.json"
    story.run(f"verify tried/tampered.json {attested} {VERIFY}", expected=1)
    story.remark("a true proof, over yesterday's prices")
    old = "--snapshot tried/yesterday.json"
    story.run(f"prove private/alice.json {old} {PROVE} --out tried/stale.json", show=False)
    story.run(f"verify tried/stale.json {old} {attested} {VERIFY}", expected=4)
    withdrawn = scenes.write_edges()
    story.remark(f"alice withdraws {withdrawn}, all that the rule lets her: equity just covers the requirement")
    story.run(f"prove private/alice-at-the-limit.json {PROVE} --out tried/limit.json", show=False)
    story.run(f"verify tried/limit.json --attestation tried/limit.attestation.json {VERIFY}", show=False)
    story.remark("and 0.000001 more, one unit: there is no proof, and a forged one does not verify")
    story.run(f"prove private/alice-one-unit-short.json {PROVE} --out tried/short.json", expected=1)
    scenes.forge()
    story.run(f"verify tried/forged.json --attestation tried/short.attestation.json {VERIFY}", expected=1)


def _two_venues(story: Story) -> None:
    story.chapter("5. At two other venues alice's accounts miss their margin each, and meet it together")
    story.remark("long five bitcoin at the harbour, short five at the island; each of them attests what it knows")
    for venue in ("harbour", "island"):
        story.run(f"key new {venue} --out private/{venue}.key.json", show=False)
        os.replace(f"private/{venue}.pub.json", f"public/{venue}.pub.json")
    crowd.write_legs()
    for venue in ("harbour", "island"):
        story.run(
            f"attest two-venues/{venue}.commitment.json --key private/{venue}.key.json --venue {venue} --sequence 1"
            f" --at {NOON.format(1)} --out two-venues/{venue}.attestation.json",
            show=False,
        )
    for venue in ("harbour", "island"):
        story.run(f"prove private/{venue}.json {LEND}", expected=1)
    attested = ["two-venues/harbour.attestation.json", "two-venues/island.attestation.json"]
    story.run(f"commit add alice {' '.join(attested)} --out two-venues/both.json")
    legs = "private/harbour.json private/island.json"
    story.run(f"prove {legs} --sum two-venues/both.json {LEND} --out two-venues/proof.json")
    scenes.write_policy("two-venues/policy.json", ["harbour", "island"], venue="lender", account="alice", nonce="55aa")
    given = " ".join(f"--attestation {path}" for path in attested)
    asked = f"--policy two-venues/policy.json --at {NOON.format(20)}"
    story.run(f"verify two-venues/proof.json --sum two-venues/both.json {given} {asked}")
    story.remark("alice withdraws from the island, which attests anew: the proof rests on a word that is superseded")
    story.run(
        "update attest two-venues/island.attestation.json two-venues/withdrawal.commitment.json"
        f" --key private/island.key.json --at {NOON.format(15)} --out two-venues/island.2.attestation.json",
        show=False,
    )
    given += " --attestation two-venues/island.2.attestation.json"
    story.run(f"verify two-venues/proof.json --sum two-venues/both.json {given} {asked}", expected=4)


def _whole_book(story: Story) -> None:
    story.chapter("6. The exchange proves every account; owners find theirs, and the auditor adds up all of them")
    crowd.write_customers()
    index = "--index whole-book/index.json"
    story.run(
        "venue index private/accounts --venue exchange --key private/exchange.key.json"
        f" --at {NOON.format(2)} --out whole-book/index.json"
    )
    story.run(f"venue prove-all private/accounts {index} --nonce noon --at {NOON.format(10)} --out whole-book/parts")
    story.remark("alice gets her receipt, and finds in the index what she has committed to")
    story.run(f"receipt new alice {index} --key private/exchange.key.json --out private/alice.receipt.json", show=False)
    story.run(f"receipt check private/alice.receipt.json public/alice.commitment.json {index}")
    story.remark("the exchange opens the sum of all commitments; the auditor verifies, and compares with the reserves")
    story.run(f"venue open-sum private/accounts {index} --out whole-book/balance.json", show=False)
    scenes.write_policy("whole-book/policy.json", ["exchange"], venue="exchange", any=["account"], nonce="noon")
    policy = f"--policy whole-book/policy.json --at {NOON.format(20)}"
    story.run(f"venue verify whole-book/parts {index} {policy}")
    story.run(f"audit books whole-book/balance.json {index} --totals whole-book/reserves.csv")
    story.remark("one cent of the reserves is missing")
    story.run(f"audit books whole-book/balance.json {index} --totals tried/reserves.csv", expected=1)


def _audit(story: Story, quick: bool) -> None:
    story.chapter("7. An auditor checks everything again from the files, with independent, slow arithmetic")
    arithmetic = "" if quick else " --arithmetic reference"
    story.run(f"audit public --policy public/policy.json --at {NOON.format(30)}{arithmetic} --html public/report.html")

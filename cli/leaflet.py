"""The README of the demonstration's folder: what each file in it is."""

from __future__ import annotations

TEXT = """
Made by `zkmargin demo` from a fixed seed; the market is nobody's. Keys, blinding and proofs are fresh in every run.

## public: what everybody may see

| file | what it is |
|---|---|
| `book.json` | the instruments: which entry of an account is what |
| `quotes.json` | what the venue observed of the market |
| `model.json` | the margin rule's parameters: a grid of 27 scenarios, charges, haircuts |
| `snapshot.json`, `.sig.json` | prices, and what every instrument is worth in every scenario; the venue's signature |
| `exchange.pub.json`, `harbour.pub.json`, `island.pub.json` | the keys of three venues |
| `alice.commitment.json` | the commitment to alice's account: 48 bytes that hide it perfectly |
| `alice.attestation.json`, `.sig.json` | the venue's word that this is what alice's account holds |
| `policy.json` | what the venue and the auditor ask of a proof |
| `proof.json` | alice's statement and its proof |
| `report.html` | what the auditor found |

## two-venues: one proof about two accounts

| file | what it is |
|---|---|
| `harbour.commitment.json`, `island.commitment.json` | to alice's accounts there; neither meets its margin alone |
| `harbour.attestation.json`, `island.attestation.json`, `.sig.json` | each venue's word for it |
| `both.json` | the combination: which attested accounts are taken together |
| `policy.json`, `proof.json` | what a lender asks, and the proof that together they meet the margin |
| `withdrawal.commitment.json` | to what alice withdraws from the island |
| `island.2.attestation.json` | the island's later word; with it the proof is refused |

## whole-book: every account of the exchange

| file | what it is |
|---|---|
| `index.json`, `.sig.json` | the commitments of all six accounts under one root, signed |
| `parts/part-0001.json` | the proof that every one of them meets its margin |
| `balance.json` | the opened sum of all commitments: totals, and nothing of any account |
| `reserves.csv` | what the exchange says it holds for its customers |
| `policy.json` | what the auditor asks |

## private: what only its owner may see

`alice.json` (positions and blinding; two more at the limit and one unit short), `positions.csv`, `trades.csv` (for
`what-if`), `harbour.json`, `island.json`, `withdrawal.json`, `alice.receipt.json` (where she is in the index), and the
venues' `exchange.key.json`, `harbour.key.json`, `island.key.json`. The pictures `surface.svg`, `waterfall.svg` and
`headroom.svg` show the account, so they are private too. In `accounts` are those of all customers, which the exchange
knows.

## tried: the edge, and what did not pass

| file | what came of it |
|---|---|
| `tampered.json` | refused: one bit of the proof is flipped |
| `stale.json` | refused: a true proof over `yesterday.json`, which is too old |
| `limit.json` | accepted: alice has withdrawn all that the rule lets her |
| `forged.json` | refused: one unit more, with the witness of the account that has it |
| `reserves.csv` | refused: one cent less than the customers' accounts total |

## Try it

In this folder. The data are dated, so `--at` says as of when.

```
export ZKMARGIN_BOOK=public/book.json ZKMARGIN_SNAPSHOT=public/snapshot.json ZKMARGIN_MODEL=public/model.json
zkmargin inspect public/proof.json
zkmargin account show private/alice.json
zkmargin margin private/alice.json
zkmargin verify public/proof.json --attestation public/alice.attestation.json --policy public/policy.json \\
  --at 2026-11-20T08:01:00Z
zkmargin verify tried/forged.json --attestation tried/short.attestation.json --policy public/policy.json \\
  --at 2026-11-20T08:01:00Z
zkmargin receipt check private/alice.receipt.json public/alice.commitment.json --index whole-book/index.json
zkmargin audit books whole-book/balance.json --index whole-book/index.json --totals whole-book/reserves.csv
zkmargin audit public --policy public/policy.json --at 2026-11-20T08:01:00Z --arithmetic reference
```
"""

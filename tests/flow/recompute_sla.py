#!/usr/bin/env python3
"""Recomputes what `ashlar sla` says of one history, minute by minute, without any code of ours.

    ashlar audit log --format jsonl | recompute_sla.py NOW >answer.json

The agreement is that of tests/data/sla/policy.yaml, written out here. Times are whole minutes. Of each finding: the minutes that counted, when the deadline passed, whether it is open;
of each severity: mean days to a fix, and the share in time.
"""
import datetime
import hashlib
import json
import sys

UTC = datetime.timezone.utc
MINUTE = datetime.timedelta(minutes=1)
LIMITS = {"critical": 7 * 1440, "high": 14 * 1440, "medium": 30 * 1440, "low": None}
KEV = 3 * 1440
HOLIDAYS = {datetime.date(2028, 3, 8)}
BERLIN = datetime.timezone(datetime.timedelta(hours=1))
MAY_PAUSE = {"lead@example.org"}
AT_MOST = datetime.timedelta(days=5)


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def works(at):
    local = at.astimezone(BERLIN)
    return local.weekday() < 5 and local.date() not in HOLIDAYS


def limit_of(severity, kev):
    found = LIMITS.get(severity, LIMITS["high"])
    return found if not kev else KEV if found is None else min(found, KEV)


def chained(lines):
    """The entries, once their chain is what it should be."""
    chain, out = hashlib.sha256(b"https://ashlar.dev/ledger/v1").digest(), []
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        said = entry.pop("chain")
        body = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        chain = hashlib.sha256(chain + body.encode()).digest()
        if said != "sha256:" + chain.hex() or entry["number"] != number:
            sys.exit(f"entry {number} is not what was written")
        out.append(entry)
    return out, "sha256:" + chain.hex()


def about(entry, image, cve):
    return entry.get("image", image) == image and entry.get("vulnerability", cve) == cve


def names(entry, cve):
    return "vulnerability" in entry or cve in entry.get("facts", {}).get("fixes", "").split()


def run(entries, image, cve, now):
    mine = sorted((e for e in entries if about(e, image, cve) and moment(e["at"]) <= now), key=lambda e: (e["at"], e["number"]))
    seen = [e for e in mine if e["kind"] == "first-seen" and names(e, cve)]
    fixes = [e for e in mine if e["kind"] == "fix-available"]
    severity = next((e["facts"]["severity"] for e in seen if "severity" in e.get("facts", {})), None)
    if severity is None:
        severity = next((e["facts"]["severity"] for e in mine if e["kind"] == "published" and "severity" in e.get("facts", {})), None)
    kev = any("kev" in e.get("facts", {}) for e in seen[:1])
    if not fixes:
        return {"severity": severity, "ran": 0, "breached": None, "open": True, "fixed": None, "start": None}
    start = moment(fixes[0]["at"])
    ran, limit, breached, ended, fixed, paused_until, excepted_until = 0, limit_of(severity, kev), None, None, False, None, None
    without, withdrawn = set(), False
    at, place = min(start, moment(mine[0]["at"])), 0
    while True:
        if paused_until and at >= paused_until:
            paused_until = None
        if excepted_until and at >= excepted_until:
            ended = excepted_until = None
        while place < len(mine) and moment(mine[place]["at"]) <= at:
            entry, facts = mine[place], mine[place].get("facts", {})
            place += 1
            kind = entry["kind"]
            if kind == "rescored":
                severity, kev = facts.get("severity", severity), kev or "kev" in facts
                if at >= start:
                    whole = limit_of(severity, kev)
                    if whole is None or limit is not None and whole >= limit:
                        limit = whole
                    elif ended is None:
                        limit = whole + ran if limit is None else min(limit, whole + ran)
            elif kind == "paused" and entry.get("by") in MAY_PAUSE and facts.get("reason"):
                paused_until = at + AT_MOST
            elif kind == "resumed":
                paused_until = None
            elif kind == "promoted" and (names(entry, cve) or fixed and ended):
                without.add(entry.get("digest"))
                if ended is None:
                    ended, fixed = at, True
            elif kind == "closed":
                without.add(entry.get("digest"))
                withdrawn = withdrawn or facts.get("reason") == "withdrawn"
                if ended is None:
                    ended, fixed = at, True
            elif kind == "rolled-back" and ended and fixed and not withdrawn and entry.get("digest") not in without:
                ended, fixed = None, False
            elif kind == "assessed":
                if facts["status"] == "not_affected" and ended is None:
                    ended = at
                elif facts["status"] == "affected":
                    ended, fixed = None, False
            elif kind == "excepted" and ended is None:
                ended, excepted_until = at, moment(facts["until"])
            elif kind == "reopened":
                ended, fixed, withdrawn = None, False, False
                without.clear()
        if at >= now:
            break
        if at >= start and ended is None and paused_until is None and works(at):
            if limit is not None and ran == limit and breached is None:
                breached = at  # this minute is the first one too many
            ran += 1
        at += MINUTE
    return {"severity": severity, "ran": ran, "breached": breached, "open": ended is None, "fixed": ended if fixed else None, "start": start, "limited": limit is not None}


def main():
    now = moment(sys.argv[1])
    entries, chain = chained(sys.stdin)
    found = {}
    for entry in entries:
        if entry["kind"] == "first-seen" and moment(entry["at"]) <= now:
            found[entry["image"], entry["vulnerability"]] = run(entries, entry["image"], entry["vulnerability"], now)
    text = lambda at: at and at.strftime("%Y-%m-%dT%H:%M:00Z")
    mean, within = {}, {}
    for severity in ("critical", "high", "medium", "low"):
        mine = [c for c in found.values() if c["severity"] == severity]
        days = [(c["fixed"] - c["start"]).total_seconds() / 86400 for c in mine if c["fixed"] and c["start"] and c["fixed"] >= c["start"]]
        late, good = sum(c["breached"] is not None for c in mine), sum(bool(c["fixed"]) and c["breached"] is None and c["limited"] for c in mine)
        mean[severity] = round(sum(days) / len(days), 2) if days else None
        within[severity] = round(good / (good + late), 2) if good + late else None
    clocks = [{"image": image, "cve": cve, "severity": c["severity"], "ran_seconds": c["ran"] * 60, "breached": text(c["breached"]), "open": c["open"]} for (image, cve), c in sorted(found.items())]
    json.dump({"chain": chain, "clocks": clocks, "mttp_days": mean, "within": within}, sys.stdout)


main()

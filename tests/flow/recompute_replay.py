#!/usr/bin/env python3
"""Replays tests/data/replay/history.jsonl without any code of ours: from 2028-02-26 to 2028-03-06, a round a day.

    recompute_replay.py HISTORY >answer.json

The agreement is that of tests/data/replay/policy.yaml, written out here. Versions are of the form 1.3-2. Of each round what scanners say with the loop and without, the rebuilds, those that
were stopped, and the tickets that stand open; of each severity the mean days to a fix, the 95th percentile and the share in time.
"""
import datetime
import json
import math
import re
import sys

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
LIMITS = {"critical": 2, "high": 3, "medium": 2, "low": 30, "unrated": 3}
RANK = ["critical", "high", "medium", "low", "negligible", "unrated"]
FIRST, LAST = datetime.datetime(2028, 2, 26, tzinfo=UTC), datetime.datetime(2028, 3, 6, tzinfo=UTC)


def moment(text):
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def number(version):
    return tuple(int(part) for part in re.split(r"[.-]", version))


facts = [dict(json.loads(line), at=moment(json.loads(line)["at"])) for line in open(sys.argv[1])]


def until(now, kind):
    return sorted((fact for fact in facts if fact["at"] <= now and fact["kind"] == kind), key=lambda fact: fact["at"])


def advisories(now):
    """What is said of each vulnerability and source of trixie; a word on trixie counts before one on every release."""
    out = {}
    for fact in until(now, "advisory"):
        if fact.get("release", "trixie") == "trixie":
            out[fact["id"], fact["source"]] = fact
    for fact in until(now, "withdrawn"):
        out = {key: value for key, value in out.items() if key[0] != fact["id"]}
    return out


def scan(image, sources, now):
    named, unfixed, opened = 0, 0, {}
    for (vulnerability, source), told in advisories(now).items():
        if source not in sources:
            continue
        named += 1
        if told["fixed_in"] is not None and number(sources[source]) >= number(told["fixed_in"]):
            continue
        unfixed += 1
        if any(fact["id"] == vulnerability and fact["image"] == image and fact["source"] == source for fact in until(now, "assessed")):
            continue
        severity = ([told["severity"]] + [fact["severity"] for fact in until(now, "rescored") if fact["id"] == vulnerability])[-1]
        opened[vulnerability, source] = (severity, told["fixed_in"])
    counts = {severity: sum(1 for each, _ in opened.values() if each == severity) for severity in RANK}
    return {"named": named, "unfixed": unfixed, "open": counts, "matters": len(opened) - counts["negligible"]}, opened


def newest(sources, now):
    out = dict(sources)
    for fact in until(now, "version"):
        if fact["release"] == "trixie" and fact["source"] in out and number(fact["version"]) > number(out[fact["source"]]):
            out[fact["source"]] = fact["version"]
    return out


def offered(source, fixed, now):
    """Since when trixie has a version without it."""
    times = [fact["at"] for fact in until(now, "version") if fact["release"] == "trixie" and fact["source"] == source and number(fact["version"]) >= number(fixed)]
    return min(times) if times else None


def total(all_counts):
    out = {"named": 0, "unfixed": 0, "open": dict.fromkeys(RANK, 0), "matters": 0}
    for counts in all_counts:
        for key in ("named", "unfixed", "matters"):
            out[key] += counts[key]
        for severity in RANK:
            out["open"][severity] += counts["open"][severity]
    return out


images = {fact["name"]: fact["sources"] for fact in facts if fact["kind"] == "image"}
loop, none, tried, seen = {}, {}, {}, {}
days, now = [], FIRST
while now <= LAST:
    rebuilds = stopped = 0
    tickets = set()
    for image in images:
        first = image not in loop
        if first:
            loop[image] = none[image] = newest(images[image], now)
        before = scan(image, loop[image], now)[1]
        for (vulnerability, source), (severity, fixed) in before.items():
            seen.setdefault((image, vulnerability, source), {"from": now})
            nobody = severity == "negligible" and not any(fact["id"] == vulnerability for fact in until(now, "kev"))
            if not first and not nobody and not (fixed and offered(source, fixed, now)):  # what is published just now is looked at in the next round
                tickets.add((image, vulnerability, source))
        wanted = newest(loop[image], now)
        if wanted != loop[image]:
            # What was stopped is tried again when a fact about one of its packages, or about vulnerabilities at large, has come since.
            fresh = image not in tried or any(tried[image] < fact["at"] <= now and (fact.get("source") in wanted and fact.get("release", "trixie") == "trixie" or "source" not in fact or fact["kind"] in ("withdrawn", "assessed")) for fact in facts)
            broken = any(fact["source"] in wanted and wanted[fact["source"]] == fact["version"] for fact in until(now, "broken"))
            if fresh:
                rebuilds += 1
            if broken:
                stopped += fresh
                tried[image] = now if fresh else tried[image]
                tickets.add((image, "stopped"))
            else:
                loop[image] = wanted
                tried.pop(image, None)
                after = scan(image, wanted, now)[1]
                tickets = {each for each in tickets if each[0] != image or each[1:] in after or each[1:] == ("stopped",)}
        after = scan(image, loop[image], now)[1]
        for (vulnerability, source), (severity, fixed) in {**before, **after}.items():
            clock = seen[image, vulnerability, source]
            clock.update(severity=severity, start=offered(source, fixed, now) if fixed else None, exploited=any(fact["id"] == vulnerability for fact in until(now, "kev")))
            if (vulnerability, source) not in after:
                clock["ended"] = now
        for (of, vulnerability, source), clock in seen.items():
            if of == image and "ended" not in clock and (vulnerability, source) not in after:
                assessed = any(fact["id"] == vulnerability for fact in until(now, "assessed"))
                clock["stopped" if assessed else "ended"] = now
    days.append({"at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "loop": total(scan(image, loop[image], now)[0] for image in images), "none": total(scan(image, none[image], now)[0] for image in images), "rebuilds": rebuilds, "stopped": stopped, "tickets": len(tickets)})
    now += DAY

severities = {}
for severity in RANK:
    times, in_time, late = [], 0, 0
    for clock in seen.values():
        if clock["severity"] != severity:
            continue
        limit = min([LIMITS[severity]] if severity in LIMITS else [], default=None)
        limit = 1 if clock["exploited"] and (limit is None or limit > 1) else limit
        if clock.get("start") and "ended" in clock:
            took = (clock["ended"] - clock["start"]) / DAY
            times.append(took)
            in_time, late = in_time + (limit is not None and took <= limit), late + (limit is not None and took > limit)
        elif clock.get("start") and "stopped" not in clock:
            late += limit is not None and (LAST - clock["start"]) / DAY > limit
    times.sort()
    severities[severity] = {"mean_days": round(sum(times) / len(times), 2) if times else None, "p95_days": round(times[math.ceil(0.95 * len(times)) - 1], 2) if times else None,
                            "within": round(in_time / (in_time + late), 2) if in_time + late else None}
json.dump({"days": days, "severities": severities}, sys.stdout, indent=1)

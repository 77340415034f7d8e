#!/usr/bin/env python3
"""Recomputes lines of `ashlar outcomes` from what it was made of, without any code of ours.

    ashlar audit log --format jsonl | recompute_outcomes.py NOW IMAGE OLD_ROOT NEW_ROOT TRACKER KEV VEX LOCK >lines.json

The roots are folders with dpkg's database, the feeds are files in their publishers' forms, versions are numbers with points. Of each line: its two values, or null.
"""
import datetime
import hashlib
import json
import os
import re
import sys

UTC = datetime.timezone.utc
DAY = 86400
URGENCY = {"unimportant": "negligible", "low": "low", "medium": "medium", "high": "high", "not yet assigned": "unrated"}


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def paragraphs(root):
    folder = os.path.join(root, "var/lib/dpkg")
    files = [os.path.join(folder, "status")]
    pieces = os.path.join(folder, "status.d")
    if os.path.isdir(pieces):
        files += [os.path.join(pieces, name) for name in sorted(os.listdir(pieces)) if not name.endswith(".md5sums")]
    for path in files:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                yield from (part for part in file.read().split("\n\n") if part.strip())


def packages_of(root):
    out = []
    for text in paragraphs(root):
        fields = dict(re.findall(r"^(\S+): (.*)$", text, re.M))
        out.append((fields["Package"], fields.get("Source", fields["Package"]).split()[0], tuple(int(part) for part in fields["Version"].split("."))))
    return out


def findings_of(root, tracker):
    """(CVE, package, source): severity, whether a fix is named."""
    out = {}
    for name, source, version in packages_of(root):
        for cve, record in tracker.get(source, {}).items():
            release = record["releases"].get("trixie")
            if release is None:
                continue
            fixed = release.get("fixed_version")
            if fixed == "0" or (fixed is not None and version >= tuple(int(part) for part in fixed.split("."))):
                continue
            out[(cve, name, source)] = (URGENCY[release["urgency"]], fixed is not None)
    return out


def of_image(root, tracker, kev, answered):
    all_of_it = findings_of(root, tracker)
    names = {(cve, source) for cve, name, source in all_of_it}
    said = {(cve, name) for cve, name, source in all_of_it if (cve, source) in answered or (cve, name) in answered}
    left = {key: value for key, value in all_of_it.items() if (key[0], key[1]) not in said}
    cves = {(cve, source): value for (cve, name, source), value in left.items()}
    matter = {key for key, value in cves.items() if value[0] != "negligible"}
    pairs, pairs_left = {(cve, name) for cve, name, _ in all_of_it}, {(cve, name) for (cve, name, _), value in left.items() if value[0] != "negligible"}
    out = {"cves.open": len(cves), "cves.matter": len(matter), "cves.fixable": sum(value[1] for value in cves.values()), "cves.kev": sum(key[0] in kev for key in cves),
           "noise.named": len(pairs), "noise.answered": len(said), "noise.matter": len(pairs_left), "noise.share": 1 - len(pairs_left) / len(pairs) if pairs else None,
           "noise.negligible": len({(cve, name) for (cve, name, _), value in left.items() if value[0] == "negligible"}), "packages.count": len(packages_of(root))}
    for severity in ("critical", "high", "medium", "low", "negligible", "unrated"):
        out[f"cves.base.{severity}"] = sum(value[0] == severity for value in cves.values())
        out[f"cves.app.{severity}"] = 0
    assert len(names) >= len(cves)
    return out


def locked_share(root, lock):
    locked = {(each["name"], each["version"]) for each in lock["platforms"]["linux/amd64"]["packages"] if any(archive["name"] == each["archive"] and archive["suite"] == each["suite"] for archive in lock["archives"])}
    mine = [(name, ".".join(str(part) for part in version)) for name, _, version in packages_of(root)]
    return sum(each in locked for each in mine) / len(mine)


def chained(lines):
    chain, out = hashlib.sha256(b"https://ashlar.dev/ledger/v1").digest(), []
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        said = entry.pop("chain")
        chain = hashlib.sha256(chain + json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).digest()
        if said != "sha256:" + chain.hex() or entry["number"] != number:
            sys.exit(f"entry {number} is not what was written")
        out.append(entry)
    return out


def of_ledger(entries, image, now):
    mine = [each for each in entries if each.get("image", image) == image and moment(each["at"]) <= now]
    if not any(each.get("image") == image for each in mine):
        return {}
    at = lambda entry: moment(entry["at"])
    fact = lambda entry, name: entry.get("facts", {}).get(name, "")
    out = {"patching.reach": (now - min(at(each) for each in mine if each["kind"] not in ("published", "fix-available"))).total_seconds() / DAY}
    times, waiting, overdue = {}, 0, 0
    limits = {"critical": 7, "high": 14, "medium": 30, "low": 90}  # policies/sla/default.yaml
    in_time = late = 0
    for seen in (each for each in mine if each["kind"] == "first-seen"):
        cve, package = seen["vulnerability"], seen.get("package")
        about = [each for each in mine if each.get("vulnerability") == cve and each.get("package", package) == package]
        fixes = [at(each) for each in about if each["kind"] == "fix-available"]
        answers = [at(each) for each in about if each["kind"] in ("assessed", "excepted")]
        ends = [at(each) for each in mine if each["kind"] == "promoted" and cve in fact(each, "fixes").split() and at(each) >= at(seen)]
        severity = fact(seen, "severity")
        if severity != "negligible" and not answers and not any(fix <= at(seen) for fix in fixes):
            waiting += 1
        if answers or not fixes:
            continue
        start, limit = min(fixes), limits.get(severity)
        end = min(ends) if ends else None
        if end:
            times.setdefault(severity, []).append((end - start).total_seconds() / DAY)
        if limit is not None and ((end or now) - start).total_seconds() > limit * DAY:
            late += 1
            overdue += end is None
        elif limit is not None and end:
            in_time += 1
    for severity in ("critical", "high", "medium", "low"):
        out[f"patching.{severity}.mean"] = sum(times[severity]) / len(times[severity]) if severity in times else None
    published = [each for each in mine if each["kind"] == "promoted" and "vulnerability" not in each]
    tested = {each.get("digest") for each in mine if each["kind"] == "tested" and fact(each, "result") == "passed"}
    answers = len({(each["kind"], each["vulnerability"], each.get("package"), fact(each, "reason")) for each in mine if each["kind"] in ("assessed", "excepted")})
    stopped = sum(each["kind"] == "tested" and fact(each, "result") in ("stopped", "failed") for each in mine)
    other = sum(each["kind"] in ("paused", "resumed") or (each["kind"] == "rolled-back" and "vulnerability" not in each) for each in mine)
    patches, steps = len(published) - 1, answers + waiting + stopped + other
    out.update({"audit.overdue": overdue, "audit.sla": in_time / (in_time + late) if in_time + late else None, "audit.flow": sum(each.get("digest") in tested for each in published) / len(published),
                "burden.patches": patches, "burden.answers": answers, "burden.waiting": waiting, "burden.stopped": stopped, "burden.other": other, "burden.steps": steps, "burden.per-patch": steps / patches,
                "burden.hours": ((answers + waiting + other) * 15 + stopped * 60) / 60})
    return out


def by_hand(after):
    """The model: four steps and 45 minutes a patch on top of what was done."""
    if not after:
        return {}
    out = {key: value for key, value in after.items() if key.startswith("burden.")}
    out["burden.steps"] += 4 * out["burden.patches"]
    out["burden.per-patch"] = out["burden.steps"] / out["burden.patches"]
    out["burden.hours"] += out["burden.patches"] * 45 / 60
    return out


def main():
    now, image, old, new, tracker, kev, vex, lock = moment(sys.argv[1]), *sys.argv[2:]
    tracker, kev = load(tracker), {each["cveID"] for each in load(kev)["vulnerabilities"]}
    answered = set()
    for statement in load(vex)["statements"]:
        for product in statement["products"]:
            if statement["status"] == "not_affected":
                answered.add((statement["vulnerability"]["name"], product["@id"].split("/")[-1].split("@")[0]))
    before, after = of_image(old, tracker, kev, answered), of_image(new, tracker, kev, answered)
    told = of_ledger(chained(sys.stdin), image, now)
    before.update(by_hand(told))
    after.update(told)
    after["packages.verified"] = locked_share(new, load(lock))
    rounded = lambda value: None if value is None else round(value, 4)
    json.dump({key: {"before": rounded(before.get(key)), "after": rounded(after.get(key))} for key in sorted({*before, *after})}, sys.stdout, indent=1)


main()

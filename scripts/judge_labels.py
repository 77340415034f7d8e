#!/usr/bin/env python3
"""Labels of true and false matches against what `ashlar scan` answers.
  judge_labels.py targets LABELS IMAGES RECORDS OUT [PACKAGES...]   an SBOM an image from the packages that its labels name, and OUT/cases.json
  judge_labels.py score OUT NOTES [ECOSYSTEM...]                    OUT/<image>.answer.json, ours or grype's, against OUT/cases.json: tables, OUT/answers.tsv
LABELS is a folder of label files (yardstick's form), IMAGES says of which distribution an image is, RECORDS is what label_advisories.py wrote, PACKAGES
are package indexes in Debian's form: which source a binary package is of. NOTES are the reasons of wrong answers that are not ours: kind, image,
package, version, vulnerability (`*`: any), reason."""
import collections
import glob
import json
import os
import re
import sys
import urllib.parse

spaces = {"pypi": "PyPI", "npm": "npm", "golang": "Go", "maven": "Maven"}  # whose versions can be compared
# Alpine's packages that are not named as their source is.
origins = {"libssl1.0": "openssl", "libcrypto1.0": "openssl", "libssl1.1": "openssl", "libcrypto1.1": "openssl", "ssl_client": "busybox", "busybox-binsh": "busybox",
           "libcurl": "curl", "ruby-libs": "ruby", "ruby-dev": "ruby", "ruby-rake": "ruby", "sqlite-libs": "sqlite", "nghttp2-libs": "nghttp2", "libgmpxx": "gmp",
           "gmp-dev": "gmp", "npm": "nodejs", "libuuid": "util-linux"}
# Debian's of releases of long ago whose names no index of today has.
gone = {"libgcc1": "gcc", "multiarch-support": "glibc", "e2fslibs": "e2fsprogs", "initscripts": "sysvinit", "sysv-rc": "sysvinit", "libprocps3": "procps", "libprocps8": "procps",
        "libprocps7": "procps", "libpcre3": "pcre3", "libssl1.0.0": "openssl", "libssl1.0.2": "openssl", "libmount1": "util-linux", "python2.7-minimal": "python2.7",
        "libpython2.7-minimal": "python2.7", "libpython2.7-stdlib": "python2.7", "python2.7": "python2.7", "libgnutls-deb0-28": "gnutls28", "libcomerr2": "e2fsprogs", "mount": "util-linux", "libbz2-1.0": "bzip2"}
# Maven's groups of artifacts that no record names, and that labels take for others.
groups = {"hadoop-shaded-guava": "org.apache.hadoop.thirdparty", "hadoop-shaded-protobuf_3_7": "org.apache.hadoop.thirdparty", "netty-reactive-streams": "com.typesafe.netty",
          "jetty-setuid-java": "org.eclipse.jetty.toolchain.setuid", "activemq-protobuf": "org.apache.activemq.protobuf", "tomcat-servlet-api": "org.apache.tomcat",
          "php-checks": "org.sonarsource.php", "php-frontend": "org.sonarsource.php", "python-checks": "org.sonarsource.python", "python-frontend": "org.sonarsource.python"}
programs = {"python", "node", "go", "busybox", "nginx", "ruby", "java", "perl", "php", "redis", "httpd"}  # found as files, with no package of that name


class Sources:
    """Binary package to source package, by name; a number in it may be another one."""

    def __init__(self, indexes):
        self.exact, self.loose = {}, collections.defaultdict(set)
        for path in indexes:
            with open(path, encoding="utf-8", errors="replace") as file:
                name = source = None
                for line in [*file, "\n"]:
                    if line.startswith("Package: "):
                        name, source = line.split()[1], None
                    elif line.startswith("Source: "):
                        source = line.split()[1]
                    elif line == "\n" and name:
                        self.exact.setdefault(name, source or name)
                        self.loose[self.bare(name)].add((name, source or name))
                        name = None

    @staticmethod
    def bare(name):
        return re.sub(r"[\d.]+", "#", re.sub(r"t64\b", "", name))

    def of(self, name, version):
        source = gone.get(name) or self.exact.get(name)
        if not source:
            found = set()
            for other, its in self.loose.get(self.bare(name), ()):
                # python3.13 of libpython3.13-stdlib: libpython3.9-stdlib is of python3.9.
                for old, new in zip(re.findall(r"[\d.]*\d", re.sub(r"t64\b", "", other)), re.findall(r"[\d.]*\d", name)):
                    its = re.sub(rf"(?<![\d.]){re.escape(old)}(?![\d.])", new, its)
                found.add(its)
            source = found.pop() if len(found) == 1 else None
        if source and re.fullmatch(r"gcc(-[\d.]+)?", source):
            upstream = re.sub(r"^\d+:", "", version).split(".")
            source = "gcc-" + (upstream[0] if int(upstream[0]) > 4 else ".".join(upstream[:2]))
        return source


def canonical(kind, name):
    return re.sub(r"[-_.]+", "-", name).lower() if kind == "pypi" else name.lower() if kind == "golang" else name


def number(version):
    return [int(each) for each in re.findall(r"\d+", version)]


class Images:
    def __init__(self, path):
        self.rows = {}
        with open(path, encoding="utf-8") as file:
            for line in file:
                if not line.startswith("#"):
                    digest, name, system, *language = line.rstrip("\n").split("\t")
                    distribution, _, release = system.partition(" ")
                    self.rows[digest] = {"name": name, "distribution": distribution.strip("-"), "release": release.strip("-"), "language": language[0] if language else ""}

    def of(self, digest):
        return self.rows.get(digest, {"name": digest, "distribution": "", "release": "", "language": ""})


class Placing:
    """Where a labelled package belongs: (space, package by its records, purl), or a reason why nobody can tell."""

    def __init__(self, records, sources):
        self.sources, self.named, self.artifacts = sources, collections.defaultdict(set), collections.defaultdict(dict)
        for space, package, _, versions in records:
            for kind, its in spaces.items():
                if its == space:
                    self.named[canonical(kind, package)].add(kind)
            if space == "Maven":
                self.artifacts[package.split(":")[1]].setdefault(package.split(":")[0], set()).update(versions or [])

    def place(self, image, name, version):
        distribution, release = image["distribution"], image["release"]
        quoted = urllib.parse.quote(version, safe="")
        system = f"{distribution}-{release}" if release else distribution
        if re.search(r"-r\d+$", version) and distribution in ("alpine", "wolfi", "chainguard"):
            origin = name if distribution != "alpine" else origins.get(name, name)
            space = {"wolfi": "Wolfi", "chainguard": "Chainguard"}.get(distribution) or f"Alpine:v{release}"
            return space, origin, f"pkg:apk/{distribution}/{name}@{quoted}?distro={system}&upstream={origin}"
        if re.search(r"\.(el\d|amzn\d|module|cm\d|azl\d)", version) or distribution == "sles":
            return None, f"no feed of '{distribution} {release}' (rpm)", None
        if "/" in name and "." in name.split("/")[0] or name == "stdlib":
            return "Go", name, f"pkg:golang/{name}@{urllib.parse.quote(version.removeprefix('go') if name == 'stdlib' else version, safe='')}"
        if self.is_deb(distribution, name, version):
            if distribution != "debian":
                return None, f"no feed of '{distribution} {release}'", None
            source = self.sources.of(name, version)
            source = {("glibc", "2.13"): "eglibc", ("gnupg2", "1.4."): "gnupg"}.get((source, version[:4]), source)
            if not source:
                return None, "which source package it is of is not known", None
            return f"Debian:{release}", source, f"pkg:deb/debian/{name}@{quoted}?distro=debian-{release}&upstream={source}"
        return self.language(image, name, version, quoted)

    def is_deb(self, distribution, name, version):
        if distribution not in ("debian", "ubuntu"):
            return False
        if re.search(r"ubuntu|deb\d+u|dfsg|\+b\d|build\d|^\d+:", version):
            return True
        known = self.sources.exact.get(name)
        return bool(known and name not in programs and (re.search(r"-[\d.]+\S*$", version) or name in ("apt", "dpkg", "sensible-utils", "debconf"))) or bool(re.search(r"-\d[\d.]*$", version) and self.sources.of(name, version)) or name in gone or name.startswith("libapt-pkg")

    def group(self, artifact, version):
        """The only group that has the artifact, or of which a record names that version, or that it went to: `xstream` became `com.thoughtworks.xstream`."""
        its = self.artifacts.get(artifact, {})
        having = [group for group, versions in its.items() if version in versions] or list(its)
        if len(having) == 2 and artifact in having and all(number(each) < number(version) for each in its[artifact]):
            having.remove(artifact)
        return having[0] if len(having) == 1 else groups.get(artifact) if not its else None

    def language(self, image, name, version, quoted):
        if name in programs:
            return None, "a program that no package of that name brought", None
        if name.count(":") == 1 or (image["language"] == "maven" and self.named.get(canonical("maven", name)) is None and name.count("_") == 1 and name.replace("_", ":") in self.named):
            name = name.replace("_", ":") if ":" not in name else name
            group, artifact = name.split(":")
            return "Maven", name, f"pkg:maven/{group}/{artifact}@{quoted}"
        kinds = set(self.named.get(canonical("pypi", name), set())) & {"pypi"} | set(self.named.get(name, set())) & {"npm"}
        if name in self.artifacts:
            kinds.add("maven")
        if not kinds and name in groups:
            kinds.add("maven")
        kind = image["language"] or (kinds.pop() if len(kinds) == 1 else "")
        if kind == "maven":
            group = self.group(name, version)
            if not group:
                return None, "of which group a Maven artifact is, its label does not say" if name in self.artifacts else "no record names a Maven artifact of that name", None
            return "Maven", f"{group}:{name}", f"pkg:maven/{group}/{name}@{quoted}"
        if kind in ("pypi", "npm"):
            return spaces[kind], canonical(kind, name), f"pkg:{kind}/{urllib.parse.quote(name, safe='/')}@{quoted}"
        return None, f"no comparator of '{kind}' versions yet" if kind else "of which ecosystem it is, its label does not say", None


def identifiers(row, same):
    out = {each for each in (row.get("vulnerability_id"), row.get("effective_cve")) if each}
    return out | {other for each in out for other in same.get(each, ())}


def targets(labels, images, records, out, indexes):
    images = Images(images)
    with open(records, encoding="utf-8") as file:
        records = json.load(file)
    placing, same = Placing(records, Sources(indexes)), collections.defaultdict(set)
    by_package = collections.defaultdict(list)
    for space, package, ids, versions in records:
        kind = next((kind for kind, its in spaces.items() if its == space), "")
        by_package[space, canonical(kind, package)].append((set(ids), versions))
        if not kind:
            continue
        for each in ids:
            same[each] |= {other for other in ids if other != each and not other.startswith(("KB-", "VICTIMS-"))}
    cases, components, unread = {}, collections.defaultdict(dict), 0
    for path in sorted(glob.glob(labels + "/**/*.json", recursive=True)):
        try:
            with open(path, encoding="utf-8") as file:
                row = json.load(file)
        except ValueError:
            unread += 1
            continue
        digest = row["image"]["exact"].split("sha256:")[1][:12]
        package = row.get("package") or {"name": ",".join(row.get("fullentry_fields", [])), "version": ""}
        ids = identifiers(row, same)
        key = (digest, package["name"], package["version"])
        case = next((each for each in cases.get(key, ()) if each["ids"] & ids), None)
        if case is None:
            case = {"image": digest, "package": package["name"], "version": package["version"], "ids": set(), "labels": set(), "notes": set()}
            cases.setdefault(key, []).append(case)
        case["ids"] |= ids
        case["labels"].add(row["label"])
        if row.get("note"):
            case["notes"].add(row["note"].strip())
    flat = []
    for (digest, name, version), each in sorted(cases.items()):
        space, package, purl = placing.place(images.of(digest), name, version) if version else (None, "it names a file, not a package", None)
        if purl:
            components[digest][purl] = {"type": "library", "name": name, "version": version, "purl": purl}
        kind = next((kind for kind, its in spaces.items() if its == space), "")
        for case in each:
            found = [record for record in by_package.get((space, canonical(kind, package)), ()) if record[0] & case["ids"]] if purl else []
            listed = [record for record in found if record[1] is None or version in record[1]]
            flat.append({**case, "ids": sorted(case["ids"]), "labels": sorted(case["labels"]), "notes": sorted(case["notes"]), "space": space, "purl": purl, "why": None if purl else package, "records": len(found), "listed": len(listed)})
    for digest, its in components.items():
        system = images.of(digest)
        parts = [{"type": "operating-system", "name": system["distribution"], "version": system["release"] or "0"}] if system["distribution"] else []
        with open(os.path.join(out, digest + ".cdx.json"), "w", encoding="utf-8") as file:
            json.dump({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": parts + [its[purl] for purl in sorted(its)]}, file)
    with open(os.path.join(out, "cases.json"), "w", encoding="utf-8") as file:
        json.dump({"unread": unread, "cases": flat}, file, indent=0)


def key_of(purl):
    """What of a package URL says which package it is: findings have theirs with other qualifiers."""
    body, _, version = purl.partition("?")[0].removeprefix("pkg:").rpartition("@")
    kind, _, name = body.partition("/")
    name = urllib.parse.unquote(name)
    return kind, canonical(kind, name), urllib.parse.unquote(version)


def answers(path):
    """Of each package its findings: the identifiers and the status."""
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    out = collections.defaultdict(list)
    for each in report.get("matches", ()):  # grype's
        ids = {each["vulnerability"]["id"], *(other["id"] for other in each.get("relatedVulnerabilities", ()))}
        out[key_of(each["artifact"]["purl"])].append((ids, "affected"))
    if "matches" in report:
        return out, {}
    for each in report["findings"]:
        out[key_of(each["package"]["purl"])].append(({each["id"], *each["aliases"]}, each["status"]))
    return out, {(each["package"], each["version"]): each["reason"] for each in report["coverage"]["unknown"]}


def read_notes(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#") and line.strip()]
    return {tuple(match): (kind, reason) for kind, *match, reason in rows}


def note_of(notes, case):
    """The first of the reasons that fit a case by image, package, version and a vulnerability: (kind, reason)."""
    for (image, package, version, number), reason in notes.items():
        if image in ("*", case["image"]) and package in ("*", case["package"]) and version in ("*", case["version"]) and (number == "*" or number in case["ids"]):
            return reason
    return None


def judge(case, found):
    """What became of a label: (class, words)."""
    labels = set(case["labels"]) - {"??"}
    if not labels:
        return "apart", "its labellers left it open"
    if len(labels) > 1:
        return "apart", "labelled true and false at once"
    if not case["purl"]:
        return "apart", case["why"]
    findings, unknown = found
    if reason := unknown.get((case["package"], case["version"])):
        return "apart", reason
    statuses = {status for ids, status in findings.get(key_of(case["purl"]), ()) if ids & set(case["ids"])}
    reported = "affected" in statuses
    if labels == {"FP"}:
        return ("fp", "reported") if reported else ("tn", "not reported" + ("" if case["records"] else "; no record names the package with it"))
    if reported:
        return "tp", "reported"
    if not case["records"]:
        return "apart", "no record at hand names the package with that vulnerability"
    if not case["listed"]:
        return "apart", "the records at hand say nothing of that version"
    return "fn", ", ".join(sorted(statuses)) or "not affected"


def figures(count):
    tp, fp, fn = count["tp"], count["fp"], count["fn"]
    precision, recall = tp / (tp + fp) if tp + fp else 1.0, tp / (tp + fn) if tp + fn else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def row(name, count):
    precision, recall, f1 = figures(count)
    return f"| {name} | {count['tp']} | {count['fp']} | {count['fn']} | {count['tn']} ({count['named']}) | {precision:.3f} | {recall:.3f} | {f1:.3f} |"


def score(out, notes, ecosystems):
    notes = read_notes(notes)
    with open(os.path.join(out, "cases.json"), encoding="utf-8") as file:
        document = json.load(file)
    found = {os.path.basename(path).split(".")[0]: answers(path) for path in glob.glob(out + "/*.answer.json")}
    counts, apart, explained, lines = collections.defaultdict(collections.Counter), collections.Counter(), collections.Counter(), []
    for case in document["cases"]:
        if ecosystems and (case["space"] or "").split(":")[0] not in ecosystems:
            continue
        verdict, words = judge(case, found.get(case["image"], ({}, {})))
        space = (case["space"] or "").split(":")[0]
        reason = note_of(notes, case) if verdict in ("fp", "fn") else None
        if verdict == "apart":
            apart[words, tuple(case["labels"])] += 1
        else:
            for kind in ("raw", "net") if not reason else ("raw",):
                for name in (space, "all"):
                    counts[kind, name][verdict] += 1
                    counts[kind, name]["named"] += verdict == "tn" and case["records"] > 0
            if reason:
                explained[verdict, *reason] += 1
        lines.append("\t".join([verdict if not reason else verdict + "*", space or "-", case["image"], case["package"], case["version"], " ".join(case["ids"]), words, ": ".join(reason or ()), "; ".join(case["notes"])]))
    with open(os.path.join(out, "answers.tsv"), "w", encoding="utf-8") as file:
        file.writelines(line.replace("\n", " ") + "\n" for line in lines)
    head = "| ecosystem | true positives | false positives | false negatives | true negatives (of which a record names the package) | precision | recall | F1 |\n|---|---|---|---|---|---|---|---|"
    for kind, title in (("raw", "Every label that could be judged"), ("net", "Without those whose reason is not ours (below)")):
        print(f"{title}:\n\n{head}")
        for name in sorted(name for each, name in counts if each == kind and name != "all") + ["all"]:
            print(row(name, counts[kind, name]))
        print()
        if ecosystems:
            return 1.0, 1.0, 1.0
    print("Wrong answers that have a reason:\n")
    for (verdict, kind, reason), number in sorted(explained.items(), key=lambda each: -each[1]):
        print(f"- {number} {'reported, labelled false' if verdict == 'fp' else 'not reported, labelled true'} ({kind}): {reason}")
    for kind in sorted({kind for _, kind, _ in explained}):
        rest = collections.Counter(counts["raw", "all"])
        for (verdict, its, _), number in explained.items():
            rest[verdict] -= number if its == kind else 0
        precision, recall, f1 = figures(rest)
        print(f"\nWithout the reasons of kind '{kind}' alone: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    print(f"\nNot judged ({sum(apart.values())} of {len(document['cases'])}; {document['unread']} files could not be read):\n")
    summary = collections.defaultdict(collections.Counter)
    for (words, labels), number in apart.items():
        summary[words]["/".join(labels)] += number
    for words, by in sorted(summary.items(), key=lambda each: -sum(each[1].values())):
        print(f"- {sum(by.values())}: {words} ({', '.join(f'{label} {number}' for label, number in sorted(by.items()))})")
    wrong = counts["net", "all"]["fp"] + counts["net", "all"]["fn"]
    print(f"\n{wrong} wrong answers have no reason: {out}/answers.tsv")
    return figures(counts["net", "all"])


def main():
    if len(sys.argv) >= 6 and sys.argv[1] == "targets":
        targets(*sys.argv[2:6], sys.argv[6:])
    elif len(sys.argv) >= 4 and sys.argv[1] == "score":
        precision, recall, _ = score(*sys.argv[2:4], sys.argv[4:])
        sys.exit(0 if min(precision, recall) >= 0.95 else 1)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()

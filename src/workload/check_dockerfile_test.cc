// Rules on Dockerfiles: what each finds, and what it leaves alone.
#include "workload/inner/check_rows.h"

namespace ashlar::workload {
namespace {

const std::string digest = "@sha256:" + std::string(64, 'a');

const CheckRow reference_rows[] = {
    {"a tag alone", "image-unpinned", "FROM a:1\n", "1:6"},
    {"each that stands there", "image-unpinned", "FROM a:1 AS x\nFROM b:2\nCOPY --from=c:3 /x /y\nRUN --mount=from=d:4,target=/t make\n", "1:6 2:6 3:13 4:18"},
    {"a digest", "image-unpinned", "FROM a:1" + digest + "\n", ""},
    {"stages and scratch are none", "image-unpinned", "FROM scratch AS x\nFROM x\n", ""},
    {"one of a variable, where it stands", "image-unpinned", "ARG V=1\nFROM a:$V\n", "2:6"},
    {"in ONBUILD", "image-unpinned", "FROM a:1" + digest + "\nONBUILD COPY --from=b:1 /x /y\n", "2:21"},
    {"the frontend is the builder's", "image-unpinned", "# syntax=docker/dockerfile:1\nFROM a:1" + digest + "\n", ""},
    {"a digest and a tag", "pin-without-tag", "FROM a:1" + digest + "\n", ""},
    {"a digest alone", "pin-without-tag", "FROM a" + digest + "\n", "1:6"},
    {"no tag", "image-latest", "FROM a\n", "1:6"},
    {"latest", "image-latest", "FROM a:latest\n", "1:6"},
    {"latest with a digest", "image-latest", "FROM a:latest" + digest + "\n", ""},
    {"a version", "image-latest", "FROM a:1\n", ""},
    {"a variable without a value", "image-variable", "ARG V\nFROM a:$V\n", "2:6"},
    {"one with a default", "image-variable", "ARG V=1\nFROM a:$V\n", ""},
    {"in --from, where nothing is put in", "image-variable", "FROM a:1\nCOPY --from=b:$V /x /y\n", "2:13"},
    {"no reference", "image-invalid", "FROM A:1\n", "1:6"},
    {"a reference", "image-invalid", "FROM a:1\n", ""},
};

const CheckRow delivered_rows[] = {
    {"no USER", "user-root", "FROM a:1\n", "1:1"},
    {"USER root", "user-root", "FROM a:1\nUSER root\n", "2:6"},
    {"USER 0 with a group", "user-root", "FROM a:1\nUSER 0:0\n", "2:6"},
    {"the last one counts", "user-root", "FROM a:1\nUSER root\nRUN x\nUSER 65532\n", ""},
    {"root in an earlier stage", "user-root", "FROM a:1 AS b\nUSER root\nFROM c:1\nUSER 1000\n", ""},
    {"one that the stage before hands down", "user-root", "FROM a:1 AS b\nUSER 1000\nFROM b\n", ""},
    {"a variable's default", "user-root", "FROM a:1\nARG U=root\nUSER $U\n", "3:6"},
    {"a variable that is not known", "user-root", "FROM a:1\nARG U\nUSER $U\n", ""},
    {"a base that says so itself", "user-root", "FROM a/static:nonroot\n", ""},
    {"a name", "user-name", "FROM a:1\nUSER app\n", "2:6"},
    {"a number", "user-name", "FROM a:1\nUSER 65532:65532\n", ""},
    {"CMD in shell form", "shell-form", "FROM a:1\nCMD node x.js\n", "2:1"},
    {"ENTRYPOINT in shell form", "shell-form", "FROM a:1\nENTRYPOINT exec java -jar x.jar\n", "2:1"},
    {"an array that is none", "shell-form", "FROM a:1\nCMD ['node', 'x.js']\n", "2:1"},
    {"exec form", "shell-form", "FROM a:1\nENTRYPOINT [\"a\"]\nCMD [\"b\"]\n", ""},
    {"of a stage that is not delivered", "shell-form", "FROM a:1 AS b\nCMD x\nFROM c:1\nCMD [\"y\"]\n", ""},
    {"handed down", "shell-form", "FROM a:1 AS b\nCMD x\nFROM b\n", "2:1"},
    {"taken away by a later ENTRYPOINT", "shell-form", "FROM a:1 AS b\nCMD x\nFROM b\nENTRYPOINT [\"y\"]\n", ""},
    {"a script", "script-needs-shell", "FROM a:1\nENTRYPOINT [\"/docker-entrypoint.sh\"]\n", "2:14"},
    {"a shell", "script-needs-shell", "FROM a:1\nCMD [\"/bin/sh\", \"-c\", \"x\"]\n", "2:7"},
    {"a program", "script-needs-shell", "FROM a:1\nENTRYPOINT [\"/app\"]\nCMD [\"x.sh\"]\n", ""},
    {"a variable in exec form", "env-not-expanded", "FROM a:1\nENTRYPOINT [\"java\", \"$JVM_OPTS\", \"-jar\", \"x.jar\"]\n", "2:22"},
    {"in braces", "env-not-expanded", "FROM a:1\nCMD [\"x\", \"--port=${PORT}\"]\n", "2:12"},
    {"for a shell", "env-not-expanded", "FROM a:1\nCMD [\"sh\", \"-c\", \"x $PORT\"]\n", ""},
    {"a dollar sign that begins none", "env-not-expanded", "FROM a:1\nCMD [\"x\", \"^a$\", \"$1\"]\n", ""},
    {"curl", "health-shell", "FROM a:1\nHEALTHCHECK CMD curl -f http://localhost/ || exit 1\n", "2:1"},
    {"curl in exec form", "health-shell", "FROM a:1\nHEALTHCHECK CMD [\"curl\", \"-f\", \"http://localhost/\"]\n", "2:1"},
    {"a program in exec form", "health-shell", "FROM a:1\nHEALTHCHECK CMD [\"/app\", \"--health\"]\n", ""},
    {"none", "health-shell", "FROM a:1\nHEALTHCHECK NONE\n", ""},
    {"the last one counts", "health-shell", "FROM a:1\nHEALTHCHECK CMD curl x\nHEALTHCHECK CMD [\"/app\"]\n", ""},
    {"a server without one", "health-missing", "FROM a:1\nEXPOSE 8080\n", "1:1"},
    {"a server with one", "health-missing", "FROM a:1\nEXPOSE 8080\nHEALTHCHECK CMD [\"/app\"]\n", ""},
    {"what has no port", "health-missing", "FROM a:1\n", ""},
    {"a low port", "port-privileged", "FROM a:1\nEXPOSE 80 8080/tcp 443/tcp\nUSER 1\n", "2:8 2:20"},
    {"as root", "port-privileged", "FROM a:1\nEXPOSE 80\nUSER root\n", ""},
    {"a variable's", "port-privileged", "FROM a:1\nARG P=81\nEXPOSE $P/tcp\nUSER 1\n", "3:8"},
    {"CMD twice", "command-repeated", "FROM a:1\nCMD [\"x\"]\nCMD [\"y\"]\n", "2:1"},
    {"in two stages", "command-repeated", "FROM a:1 AS b\nCMD [\"x\"]\nFROM b\nCMD [\"y\"]\n", ""},
    {"nothing gives it", "volume-of-root", "FROM a:1\nVOLUME /data\nUSER 1\n", "2:8"},
    {"chown", "volume-of-root", "FROM a:1\nRUN mkdir /data && chown 1 /data\nVOLUME [\"/data\"]\nUSER 1\n", ""},
    {"the folder above", "volume-of-root", "FROM a:1\nRUN chown -R 1 /srv\nVOLUME /srv/data\nUSER 1\n", ""},
    {"COPY --chown", "volume-of-root", "FROM a:1\nCOPY --chown=1 seed /data\nVOLUME /data\nUSER 1\n", ""},
    {"as root", "volume-of-root", "FROM a:1\nVOLUME /data\n", ""},
    {"/etc/passwd and no USER", "passwd-copied", "FROM a:1 AS b\nFROM scratch\nCOPY --from=b /etc/passwd /etc/passwd\n", "3:15"},
    {"with USER", "passwd-copied", "FROM a:1 AS b\nFROM scratch\nCOPY --from=b /etc/passwd /etc/passwd\nUSER 1000\n", ""},
    {"nothing but a program", "scratch-lacks", "FROM a:1 AS b\nFROM scratch\nCOPY --from=b /app /app\n", "2:1"},
    {"all of it", "scratch-lacks", "FROM a:1 AS b\nFROM scratch\nCOPY --from=b /etc/passwd /etc/ssl/certs/ca-certificates.crt /usr/share/zoneinfo /\n", ""},
    {"another base", "scratch-lacks", "FROM a:1\n", ""},
};

const CheckRow instruction_rows[] = {
    {"an address", "add-url", "FROM a:1\nADD https://example.org/x.tgz /x\n", "2:5"},
    {"with its checksum", "add-url", "FROM a:1\nADD --checksum=sha256:1 https://example.org/x.tgz /x\n", ""},
    {"a repository", "add-url", "FROM a:1\nADD git@example.org:a/b.git /x\n", "2:5"},
    {"in ONBUILD", "add-url", "FROM a:1\nONBUILD ADD http://example.org/x /x\n", "2:13"},
    {"a folder", "add-for-copy", "FROM a:1\nADD . /app\n", "2:1"},
    {"a file", "add-for-copy", "FROM a:1\nADD app.jar /app/\n", "2:1"},
    {"an archive", "add-for-copy", "FROM a:1\nADD rootfs.tar.xz /\n", ""},
    {"an address is another matter", "add-for-copy", "FROM a:1\nADD https://example.org/x /x\n", ""},
    {"a variable's value may be an archive", "add-for-copy", "FROM a:1\nARG F\nADD $F /x\n", ""},
    {"a key", "secret-copied", "FROM a:1\nCOPY id_rsa /root/.ssh/\n", "2:6"},
    {".env among others", "secret-copied", "FROM a:1\nCOPY package.json .env ./\n", "2:19"},
    {"a key of TLS", "secret-copied", "FROM a:1\nCOPY [\"certs/server.key\", \"/etc/\"]\n", "2:8"},
    {"a sample", "secret-copied", "FROM a:1\nCOPY .env.example id_rsa.pub keys.py /x/\n", ""},
    {"a value", "secret-in-env", "FROM a:1\nENV A=1 DB_PASSWORD=x\n", "2:9"},
    {"of the old form", "secret-in-env", "FROM a:1\nENV API_KEY abc\n", "2:5"},
    {"in an address", "secret-in-env", "FROM a:1\nENV DATABASE=postgres://app:hunter2@db/app\n", "2:5"},
    {"addresses without one", "secret-in-env", "FROM a:1\nARG P\nENV A=postgres://app@db/app B=postgres://app:$P@db/ C=https://a.example/x@y:z D=redis://:@db E=postgres://app:***@db/\n", ""},
    {"in humps", "secret-in-env", "FROM a:1\nENV githubToken=\"abc\"\n", "2:5"},
    {"a file's path", "secret-in-env", "FROM a:1\nENV DB_PASSWORD_FILE=/run/secrets/db DOCKER_CREDENTIAL_CONFIG=/etc/c.json TOKEN_URL=x PWD=/x PASSWORD= SECRET=/run/secrets/a\n", ""},
    {"words that hold such", "secret-in-env", "FROM a:1\nENV PASSENGER_APP=1 TOKENIZERS_PARALLELISM=false COMPASS=x KEYBOARD=de\n", ""},
    {"another variable's value", "secret-in-env", "FROM a:1\nARG P\nENV PASSWORD=$P\n", ""},
    {"an argument", "secret-in-arg", "FROM a:1\nARG NPM_TOKEN\nRUN x\n", "2:5"},
    {"before the first stage", "secret-in-arg", "ARG ACCESS_KEY=x\nFROM a:1\n", "1:5"},
    {"kept by ENV", "secret-in-arg", "FROM a:1\nARG P\nENV PASSWORD=$P\n", "3:5"},
    {"others", "secret-in-arg", "FROM a:1\nARG VERSION=1\nARG KEY_FILE\n", ""},
    {"a relative folder", "workdir-relative", "FROM a:1\nWORKDIR app\n", "2:9"},
    {"absolute ones", "workdir-relative", "FROM a:1\nWORKDIR /app\nWORKDIR C:/app\n", ""},
    {"a variable's", "workdir-relative", "FROM a:1\nENV D=/x\nWORKDIR $D\nWORKDIR $UNKNOWN/y\n", ""},
    {"MAINTAINER", "maintainer", "FROM a:1\nMAINTAINER somebody\n", "2:1"},
    {"a label", "maintainer", "FROM a:1\nLABEL org.opencontainers.image.authors=somebody\n", ""},
};

const CheckRow command_rows[] = {
    {"plain", "apt-recommends", "FROM a:1\nRUN apt-get update && apt-get install -y x\n", "2:23"},
    {"in a heredoc", "apt-recommends", "FROM a:1\nRUN <<EOF\napt-get update\napt-get install -y x\nEOF\n", "4:1"},
    {"in exec form for a shell", "apt-recommends", "FROM a:1\nRUN [\"sh\", \"-c\", \"apt-get install -y x\"]\n", "2:19"},
    {"after a continuation", "apt-recommends", "FROM a:1\nRUN set -e; \\\n  apt install -y x\n", "3:3"},
    {"said", "apt-recommends", "FROM a:1\nRUN apt-get install -y --no-install-recommends x\n", ""},
    {"by an option", "apt-recommends", "FROM a:1\nRUN apt-get -o APT::Install-Recommends=false install -y x\n", ""},
    {"another command", "apt-recommends", "FROM a:1\nRUN apt-get remove x && echo apt-get install y\n", ""},
    {"no -y", "apt-asks", "FROM a:1\nRUN apt-get install x\n", "2:5"},
    {"-y", "apt-asks", "FROM a:1\nRUN apt-get -y install x; apt-get install -qqy x; apt-get install --yes x; apt-get install -qq x\n", ""},
    {"under sudo with variables before", "apt-asks", "FROM a:1\nRUN DEBIAN_FRONTEND=noninteractive sudo -E apt-get install x\n", "2:44"},
    {"update alone", "apt-update-alone", "FROM a:1\nRUN apt-get update\nRUN apt-get install -y x\n", "2:5"},
    {"with an install", "apt-update-alone", "FROM a:1\nRUN apt-get update && apt-get install -y x\n", ""},
    {"kept by a mount", "apt-update-alone", "FROM a:1\nRUN --mount=type=cache,target=/var/lib/apt/lists apt-get update\n", ""},
    {"lists stay", "package-cache-kept", "FROM a:1\nRUN apt-get update && apt-get install -y x\n", "2:23"},
    {"lists go", "package-cache-kept", "FROM a:1\nRUN apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*\n", ""},
    {"lists in a mount", "package-cache-kept", "FROM a:1\nRUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y x\n", ""},
    {"in a stage that is not delivered", "package-cache-kept", "FROM a:1 AS b\nRUN apt-get update && apt-get install -y x\nFROM c:1\n", ""},
    {"in one that is, by another", "package-cache-kept", "FROM a:1 AS b\nRUN apt-get update && apt-get install -y x\nFROM b\n", "2:23"},
    {"apk", "package-cache-kept", "FROM a:1\nRUN apk add x\n", "2:5"},
    {"apk without", "package-cache-kept", "FROM a:1\nRUN apk add --no-cache x\n", ""},
    {"dnf", "package-cache-kept", "FROM a:1\nRUN dnf install -y x\n", "2:5"},
    {"dnf clean", "package-cache-kept", "FROM a:1\nRUN microdnf install -y x && microdnf clean all\n", ""},
    {"curl into sh", "piped-script", "FROM a:1\nRUN curl -fsSL https://example.org/x | sh\n", "2:40"},
    {"through others", "piped-script", "FROM a:1\nRUN wget -qO- https://example.org/x | tee y | sudo -E bash -s -- --yes\n", "2:55"},
    {"into an interpreter", "piped-script", "FROM a:1\nRUN curl https://example.org/x | python3 -\n", "2:34"},
    {"by substitution", "piped-script", "FROM a:1\nRUN sh -c \"$(curl -fsSL https://example.org/x)\"\n", "2:5"},
    {"by a process", "piped-script", "FROM a:1\nRUN bash <(curl -s https://example.org/x)\n", "2:5"},
    {"into a file, then run", "piped-script", "FROM a:1\nRUN curl -o x https://example.org/x && echo '1 x' | sha256sum -c && sh x\n", ""},
    {"data for a program", "piped-script", "FROM a:1\nRUN curl https://example.org/x | tar xz && curl https://example.org/y | python3 read.py\n", ""},
    {"another command's pipe", "piped-script", "FROM a:1\nRUN curl -O https://example.org/x; echo y | sh\n", ""},
    {"curl -k", "unchecked-download", "FROM a:1\nRUN curl -k https://example.org/x -o x\n", "2:5"},
    {"wget, apt, apk, dnf and npm", "unchecked-download", "FROM a:1\nRUN wget --no-check-certificate x; apt-get install -y --allow-unauthenticated y; apk add --allow-untrusted z; dnf --nogpgcheck install -y q; npm config set strict-ssl false\n", "2:5 2:36 2:82 2:111 2:142"},
    {"with checks", "unchecked-download", "FROM a:1\nRUN curl -fsSL https://example.org/x -o x\n", ""},
    {"sudo", "sudo", "FROM a:1\nRUN sudo make install\n", "2:10"},
    {"installed only", "sudo", "FROM a:1\nRUN apt-get install -y sudo\n", ""},
    {"777", "world-writable", "FROM a:1\nRUN chmod -R 777 /app\n", "2:5"},
    {"by letters", "world-writable", "FROM a:1\nRUN chmod a+rwx /app\n", "2:5"},
    {"755", "world-writable", "FROM a:1\nRUN chmod 0755 /app && chmod u+w,g+w /x\n", ""},
    {"the tool", "ca-by-tool", "FROM a:1\nCOPY our.crt /usr/local/share/ca-certificates/\nRUN update-ca-certificates\n", "3:5"},
    {"in an earlier stage", "ca-by-tool", "FROM a:1 AS b\nRUN update-ca-certificates\nFROM c:1\nCOPY --from=b /etc/ssl/certs /etc/ssl/certs\n", ""},
    {"copied", "capabilities-lost", "FROM a:1 AS b\nRUN setcap cap_net_bind_service=+ep /app\nFROM c:1\nCOPY --from=b /app /app\n", "4:1"},
    {"in the stage itself", "capabilities-lost", "FROM a:1 AS b\nRUN make\nFROM c:1\nCOPY --from=b /app /app\nRUN setcap cap_net_bind_service=+ep /app\n", ""},
    {"Alpine's to Debian's", "libc-mixed", "FROM golang:1.22-alpine AS b\nRUN go build -o /usr/local/bin/app\nFROM debian:12\nCOPY --from=b /usr/local/bin/app /app\n", "4:15"},
    {"static", "libc-mixed", "FROM golang:1.22-alpine AS b\nRUN CGO_ENABLED=0 go build -o /usr/local/bin/app\nFROM debian:12\nCOPY --from=b /usr/local/bin/app /app\n", ""},
    {"static by ENV", "libc-mixed", "FROM golang:1.22-alpine AS b\nENV CGO_ENABLED=0\nFROM debian:12\nCOPY --from=b /usr/local/bin/app /app\n", ""},
    {"node's modules", "libc-mixed", "FROM node:20-alpine AS b\nFROM node:20-slim\nCOPY --from=b /app/node_modules /app/node_modules\n", "3:15"},
    {"what is no program", "libc-mixed", "FROM node:20-alpine AS b\nFROM nginx:1\nCOPY --from=b /app/dist /usr/share/nginx/html\n", ""},
    {"onto a base for static programs", "libc-mixed", "FROM golang:1-alpine AS b\nFROM x/static:1\nCOPY --from=b /usr/local/bin/app /app\n", ""},
};

TEST(CheckDockerfile, References) { hold(FileKind::Dockerfile, reference_rows); }
TEST(CheckDockerfile, WhatIsDelivered) { hold(FileKind::Dockerfile, delivered_rows); }
TEST(CheckDockerfile, Instructions) { hold(FileKind::Dockerfile, instruction_rows); }
TEST(CheckDockerfile, Commands) { hold(FileKind::Dockerfile, command_rows); }

TEST(CheckDockerfile, BasesThatTheTeamChoseHaveTheirUser) {
  const CheckOptions options{.chosen = [](const ImageName& name) { return name.name == "ours"; }};
  EXPECT_EQ(places_of(check(FileKind::Dockerfile, "FROM ours:1\n", "D", options).value(), "user-root"), "");
  EXPECT_EQ(places_of(check(FileKind::Dockerfile, "FROM ours:1\nUSER 0\n", "D", options).value(), "user-root"), "2:6");
  EXPECT_EQ(places_of(check(FileKind::Dockerfile, "FROM other:1\n", "D", options).value(), "user-root"), "1:1");
}

TEST(CheckDockerfile, VendorsSayWhoRunsTheirImages) {
  const CheckOptions options{.runs_as_root = [](const ImageName& name) { return name.name == "quiet" ? std::nullopt : std::optional(name.tag.ends_with("-dev")); }, .chosen = [](const ImageName& name) { return name.tag != "2"; }};
  const auto told = [&](const char* text, const char* rule) { return places_of(check(FileKind::Dockerfile, text, "D", options).value(), rule); };
  EXPECT_EQ(told("FROM theirs:2\n", "user-root"), "");
  EXPECT_EQ(told("FROM theirs:2\nEXPOSE 80\n", "port-privileged"), "2:8") << "it is taken for somebody else's";
  EXPECT_EQ(told("FROM theirs:2-dev\n", "user-root"), "1:1") << "even where the team chose it";
  EXPECT_EQ(told("FROM theirs:2-dev AS b\nFROM theirs:2\nCOPY --from=b /a /a\n", "user-root"), "");
  EXPECT_EQ(told("FROM theirs:2\nUSER 0\n", "user-root"), "2:6");
  EXPECT_EQ(told("FROM quiet:2\n", "user-root"), "1:1");
  EXPECT_EQ(told("FROM quiet:1\n", "user-root"), "") << "the team chose it";
}

struct RemedyRow {
  const char* summary;
  const char* health;
  const char* words;
};
const RemedyRow remedies[] = {
    {"an address", "curl -fsS http://localhost:8080/health || exit 1", "[\"/usr/lib/ashlar/probe\", \"http\", \"http://localhost:8080/health\"]"},
    {"in quotes", "wget -qO- \"http://127.0.0.1/x\" | grep ok", "\"http\", \"http://127.0.0.1/x\""},
    {"TLS", "curl -k https://localhost/", "speaks no TLS"},
    {"a port", "nc -z localhost 5432", "\"tcp\", \"localhost:5432\""},
    {"a process", "pgrep -x worker", "\"process\", \"worker\""},
    {"a file", "test -f /tmp/ready", "\"file\", \"/tmp/ready\""},
    {"a file in brackets", "[ -e /tmp/ready ]", "\"file\", \"/tmp/ready\""},
    {"something else", "my-check || exit 1", "our health probe"},
};
TEST(CheckDockerfile, HealthChecksAreToldTheProbe) {
  for (const RemedyRow& row : remedies) {
    const auto checked = check(FileKind::Dockerfile, fmt::format("FROM a:1\nUSER 1\nHEALTHCHECK CMD {}\n", row.health), "D");
    ASSERT_TRUE(checked);
    const auto found = std::ranges::find_if(checked->remarks, [](const Remark& each) { return each.rule->id == "health-shell"; });
    ASSERT_NE(found, checked->remarks.end()) << row.summary;
    if (!found->edits.empty()) continue;
    EXPECT_NE(found->remedy.find(row.words), std::string::npos) << row.summary << ": " << found->remedy;
  }
}

}  // namespace
}  // namespace ashlar::workload

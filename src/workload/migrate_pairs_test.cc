// What came to light when pairs of Dockerfiles before and after a move to hardened images were tried, that other tools and teams publish (docs/migrated-pairs.md).
#include <gtest/gtest.h>

#include <map>

#include "workload/inner/migrate_cases.h"

namespace ashlar::workload {
namespace {

using namespace migrations;

const Break found[] = {
    // Environments of Python.
    {"an environment by a name that is `venv`", "FROM python:3.13 AS dev\nWORKDIR /app\nRUN python -m venv venv\nENV PATH=\"/app/venv/bin\":$PATH\nRUN pip install flask\nFROM python:3.13\nWORKDIR /app\nCOPY --from=dev /app/venv /app/venv\nENV PATH=\"/app/venv/bin\":$PATH\nCMD [\"python\", \"run.py\"]\n",
     {"RUN python3 -m venv venv", "COPY --from=dev /app/venv /app/venv"}, {"/opt/venv"}},
    {"an environment behind options", "FROM python:3.13\nWORKDIR /app\nRUN python3 -m venv --copies env && env/bin/pip install flask\nCMD [\"/app/env/bin/python\", \"a.py\"]\n", {"COPY --from=build /app /app"}, {"/opt/venv"}},
    {"an environment of uv's without a name", "FROM python:3.13\nWORKDIR /app\nRUN uv venv\nRUN uv pip install flask\nCMD [\"/app/.venv/bin/python\", \"a.py\"]\n", {"COPY --from=build /app /app"}, {"/opt/venv"}},
    {"uv starts it", "FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN uv sync --no-dev\nCMD [\"uv\", \"run\", \"python\", \"-m\", \"api.main\"]\n", {"CMD [\"/app/.venv/bin/python\", \"-m\", \"api.main\"]"}},
    {"uv starts a script, with options", "FROM python:3.13\nENV UV_PROJECT_ENVIRONMENT=/srv/env\nWORKDIR /app\nCOPY . .\nRUN uv sync\nCMD [\"uv\", \"run\", \"--no-sync\", \"--package\", \"api\", \"--\", \"main.py\"]\n", {"CMD [\"/srv/env/bin/python\", \"main.py\"]"}},
    {"uv starts it, and fills the environment only then", "FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN chmod +x a\nCMD [\"uv\", \"run\", \"--\", \"gunicorn\", \"a:b\"]\n", {"CMD [\"/app/.venv/bin/gunicorn\", \"a:b\"]"}, {}, "break files: nothing fills '/app/.venv' when the image is built"},
    {"Poetry that makes an environment beside the project", "FROM python:3.13 AS b\nENV POETRY_VIRTUALENVS_IN_PROJECT=1\nWORKDIR /app\nRUN pip install poetry && poetry install\nFROM python:3.13\nCOPY --from=b /app/.venv /app/.venv\nCMD [\"/app/.venv/bin/gunicorn\", \"a:b\"]\n", {"ENV PATH=\"/opt/venv/bin:$PATH\"\nRUN pip install poetry", "COPY --from=b /app/.venv /app/.venv"}, {"VIRTUAL_ENV="}},
    {"corepack says the version of pnpm", "FROM node:20\nWORKDIR /app\nRUN corepack enable && corepack prepare pnpm@10.29.3 --activate\nRUN pnpm install\nCMD [\"node\", \"a.js\"]\n", {"RUN npm install -g pnpm@10.29.3\n"}, {"corepack"}},
    {"corepack says the newest", "FROM node:20\nWORKDIR /app\nRUN corepack prepare pnpm@latest --activate && pnpm install\nCMD [\"node\", \"a.js\"]\n", {"RUN npm install -g pnpm\n"}},
    {"corepack says a yarn of today", "FROM node:20\nWORKDIR /app\nRUN corepack prepare yarn@4.5.0 --activate && yarn install\nCMD [\"node\", \"a.js\"]\n", {"RUN npm install -g @yarnpkg/cli-dist@4.5.0\n"}},
    {"poetry starts it", "FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN pip install poetry && poetry install\nCMD [\"poetry\", \"run\", \"gunicorn\", \"a:b\"]\n", {"CMD [\"gunicorn\", \"a:b\"]"}},
    {"an interpreter of another version in a build", "FROM ubuntu:20.04 AS b\nRUN apt-get update && apt-get install -y python3.9 python3.9-dev python3.9-venv\nRUN python3.9 -m venv /opt/venv && /opt/venv/bin/pip3.9 install flask\nFROM python:3.13\nCOPY --from=b /opt/venv /opt/venv\nCMD [\"/opt/venv/bin/python\", \"a.py\"]\n",
     {"install -y python3 python3-dev python3-venv", "RUN python3 -m venv /opt/venv"}, {"python3.9"}, "break version: python 3.13 is what Debian 13"},
    {"Python by the name that it had", "FROM node:20\nWORKDIR /app\nRUN apt-get update && apt-get install -y python\nRUN npm install\nCMD [\"node\", \"a.js\"]\n", {"apt-get install -y python-is-python3"}, {"packages=\""}},
    {"Python 2", "FROM node:20\nWORKDIR /app\nRUN apt-get update && apt-get install -y python2.7 git\nRUN npm install\nCMD [\"node\", \"a.js\"]\n", {"apt-get install -y git"}, {"python2.7"}, "break packages: Debian 13 has it no more"},
    // What pip compiles.
    {"a package that comes as source", "FROM python:3.13-slim\nRUN pip install 'Flask==3.1' uWSGI\nCMD [\"uwsgi\", \"--ini\", \"a.ini\"]\n", {"--no-install-recommends gcc libc6-dev python3-dev &&", "-exec ldd"}},
    {"its name in other letters", "FROM python:3.13-slim\nRUN pip install python_ldap\nCMD [\"python\", \"a.py\"]\n", {"python3-dev libldap-dev libsasl2-dev"}},
    {"the compiler is there already", "FROM python:3.13-slim\nRUN apt-get update && apt-get install -y build-essential libpq-dev python3-dev\nRUN pip install psycopg2\nCMD [\"python\", \"a.py\"]\n", {}, {"gcc"}},
    {"a package that has wheels", "FROM python:3.13-slim\nRUN pip install psycopg2-binary flask\nCMD [\"python\", \"a.py\"]\n", {}, {"gcc"}},
    // What is there no more, and what lies elsewhere.
    {"an archive that is unpacked and taken away", "FROM python:3.13\nARG V=1.2\nRUN wget -O x_${V}.tar.gz https://x.example/x_${V}.tar.gz && tar xf x_${V}.tar.gz && mv x /usr/bin/x && rm x_${V}.tar.gz\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /usr/bin/x /usr/bin/x"}, {"COPY --from=build /x_1.2.tar.gz"}},
    {"a folder that a later RUN takes away", "FROM python:3.13\nRUN mkdir -p /srv/tmp && touch /srv/keep\nRUN rm -rf /srv/tmp\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /srv/keep /srv/keep"}, {"/srv/tmp /srv/tmp"}},
    {"a folder that is made anew", "FROM python:3.13\nRUN rm -rf /srv/x && mkdir /srv/x\nCMD [\"python\", \"a.py\"]\n", {"/srv/x /srv/x"}},
    {"what lies in a folder comes to programs", "FROM python:3.13 AS b\nRUN true\nFROM python:3.13\nCOPY --from=b /opt/tools/ /usr/local/bin/\nRUN true\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /usr/local/bin /usr/local/bin"}, {"/usr/local/bin/tools"}},
    {"what lies in a folder comes to the system", "FROM python:3.13 AS b\nRUN true\nFROM python:3.13\nCOPY --from=b /opt/etc/ /etc/\nRUN true\nCMD [\"python\", \"a.py\"]\n", {}, {"/etc/etc"}, "break files: what comes into '/etc' by this is not known"},
    {"pip's packages of a build stage, and a RUN after them", "FROM python:3.13 AS b\nRUN pip install flask\nFROM python:3.13\nRUN rm -rf /usr/local/lib/python3.13\nCOPY --from=b /usr/local/lib/python3.13 /usr/local/lib/python3.13\nRUN true\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /opt/venv /opt/venv"}, {"COPY --from=build /usr/local/lib"}, "break files: '/usr/local/lib/python3.13' is removed"},
    {"a configuration that lies elsewhere, and a RUN after it", "FROM php:8.4-fpm\nCOPY x.ini /usr/local/etc/php/conf.d/x.ini\nRUN true\n", {"COPY --from=build /etc/php/8.4/fpm/conf.d/x.ini /etc/php/8.4/fpm/conf.d/x.ini"}, {"/usr/local/etc"}},
    {"a library among those of the system", "FROM python:3.13\nCOPY libown.so /usr/lib/x86_64-linux-gnu/\nRUN ldconfig\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /usr/lib/x86_64-linux-gnu/libown.so /usr/lib/x86_64-linux-gnu/libown.so"}},
    {"an application in root's home", "FROM golang:1.24 AS b\nRUN CGO_ENABLED=0 go build -o /a .\nFROM alpine\nWORKDIR /root/\nCOPY --from=b /a ./\nCMD [\"./a\"]\n", {"WORKDIR /app/\n", "COPY --from=b /a ./"}, {"/root"}},
    {"files that go there", "FROM python:3.13\nCOPY a.py /root/src/a.py\nWORKDIR /root/src\nCMD [\"python\", \"a.py\"]\n", {"COPY a.py /app/src/a.py", "WORKDIR /app/src"}, {"/root"}},
    {"files that are named there", "FROM python:3.13\nWORKDIR /root\nCOPY . .\nRUN chmod +x /root/a.py\nCMD [\"python\", \"a.py\"]\n", {"WORKDIR /root"}, {}, "break writable: only root may go into /root"},
    {"settings of tools stay there", "FROM node:20\nWORKDIR /app\nCOPY npmrc /root/.npmrc\nRUN npm ci\nCMD [\"node\", \"a.js\"]\n", {"/root/.npmrc"}},
    // Programs.
    {"go get of an old Go", "FROM golang:1.12\nRUN go get github.example/a/hello\nENTRYPOINT [\"hello\"]\n", {"COPY --from=build /go/bin /go/bin", "ENV PATH=\"/go/bin:$PATH\""}},
    {"what cargo installs beside rustup's own programs", "FROM rustlang/rust:nightly\nWORKDIR /app\nCOPY . .\nRUN cargo install --path .\nCMD [\"/usr/local/cargo/bin/shop\"]\n", {"COPY --from=build /usr/local/cargo/bin/shop /usr/local/cargo/bin/shop"}, {"COPY --from=build /usr/local/cargo/bin /usr"}},
    {"go get that only downloads", "FROM golang:1.12\nWORKDIR /src\nCOPY . .\nRUN go get -d -v ./... && go build -o /src/a\nCMD [\"/src/a\"]\n", {}, {"/go/bin"}},
    {"a program that nothing brings", "FROM debian:12\nWORKDIR /src\nRUN make\nCMD [\"/usr/bin/tool\"]\n", {}, {}, "break files: nothing that comes into the image brings '/usr/bin/tool'"},
    {"one that nothing brings by its name", "FROM debian:12\nWORKDIR /src\nRUN make\nCMD [\"tool\"]\n", {}, {}, "break files: nothing that comes into the image brings 'tool'"},
    {"one that a package brings", "FROM alpine:3.20\nRUN apk add --no-cache iperf3\nENTRYPOINT [\"iperf3\"]\nCMD [\"-s\"]\n", {"packages=\"iperf3\""}},
    {"a program of a stage on another image of Alpine", "FROM team/tools-alpine:1 AS tools\nFROM python:3.13\nCOPY --from=tools /bin/lint /usr/local/bin/lint\nCMD [\"python\", \"a.py\"]\n", {"FROM team/tools-alpine:1 AS tools"}, {}, "break libc: '/bin/lint' comes from 'team/tools-alpine:1', an image of Alpine"},
    {"a program of an image of Alpine", "FROM python:3.13\nCOPY --from=node:20-alpine /usr/local/bin/node /usr/local/bin/node\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=node:20-alpine"}, {}, "break libc: '/usr/local/bin/node' comes from 'node:20-alpine'"},
    {"what is no program of it", "FROM python:3.13\nCOPY --from=node:20-alpine /etc/motd /etc/motd\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=node:20-alpine"}, {"libc"}},
    {"a program that was made elsewhere for Alpine", "FROM alpine:3.20\nCOPY app /app\nCMD [\"/app\"]\n", {"FROM registry.example/hardened/base:13"}, {}, "break libc: '/app' was made elsewhere for Alpine"},
    {"a program that was made elsewhere for Debian", "FROM debian:12\nCOPY app /app\nCMD [\"/app\"]\n", {"FROM registry.example/hardened/base:13"}},
    {"corepack alone", "FROM node:20\nWORKDIR /app\nRUN corepack enable && pnpm install\nCMD [\"node\", \"a.js\"]\n", {"RUN npm install -g pnpm", "RUN pnpm install"}, {"corepack"}},
    {"yarn where Node.js is a package", "FROM ruby:3.3\nRUN apt-get update && apt-get install -y nodejs yarn\nWORKDIR /app\nRUN yarn install\nCMD [\"ruby\", \"a.rb\"]\n", {"RUN yarnpkg install"}},
    {"Java where its vendor has it", "FROM eclipse-temurin:21-jre\nCOPY a.jar /a.jar\nENTRYPOINT [\"/opt/java/openjdk/bin/java\", \"-jar\", \"/a.jar\"]\n", {"ENTRYPOINT [\"java\", \"-jar\", \"/a.jar\"]"}, {"/opt/java"}},
    {"the same behind an init", "FROM eclipse-temurin:21-jre\nRUN apt-get update && apt-get install -y tini\nCOPY a.jar /a.jar\nENTRYPOINT [\"/usr/bin/tini\", \"-g\", \"--\", \"/opt/java/openjdk/bin/java\", \"-jar\", \"/a.jar\"]\n", {"ENTRYPOINT [\"/usr/bin/tini\", \"-g\", \"--\", \"java\", \"-jar\", \"/a.jar\"]"}, {"/opt/java"}},
    {"Java of the application's own", "FROM eclipse-temurin:21-jdk AS b\nRUN jlink --add-modules java.base --output /made\nFROM eclipse-temurin:21-jre\nCOPY --from=b /made /opt/own\nCOPY a.jar /a.jar\nENTRYPOINT [\"/opt/own/bin/java\", \"-jar\", \"/a.jar\"]\n", {"ENTRYPOINT [\"/opt/own/bin/java\", \"-jar\", \"/a.jar\"]"}},
    {"an init starts a script of npm's, of which nothing is known", "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nENTRYPOINT [\"tini\", \"--\", \"npm\", \"start\"]\n", {}, {}, "refused shell: what 'npm start' starts stands in package.json"},
    {"an init starts what only uv knows", "FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN uv sync\nENTRYPOINT [\"/usr/bin/tini\", \"--\", \"uv\", \"run\", \"gunicorn\", \"a:b\"]\n", {"ENTRYPOINT [\"/usr/bin/tini\", \"--\", \"/app/.venv/bin/gunicorn\", \"a:b\"]"}},
    {"an init where Alpine has it starts a script of Python", "FROM python:3.13-alpine\nCOPY a.py /\nENTRYPOINT [\"/sbin/tini\", \"--\", \"/usr/local/bin/python3\", \"/a.py\"]\n", {"ENTRYPOINT [\"/usr/bin/tini\", \"--\", \"python3\", \"/a.py\"]"}, {"/sbin/tini", "/usr/local/bin"}},
    {"a health check by an interpreter where the usual image has it", "FROM python:3.13-slim\nCOPY a.py health.py /\nHEALTHCHECK CMD [\"/usr/local/bin/python3\", \"/health.py\"]\nCMD [\"/usr/local/bin/python3\", \"/a.py\"]\n", {"HEALTHCHECK CMD [\"python3\", \"/health.py\"]", "CMD [\"python3\", \"/a.py\"]"}, {"/usr/local/bin"}},
    {"what the image starts is asked about itself", "FROM alpine:3.20\nRUN apk add --no-cache iperf3\nHEALTHCHECK CMD iperf3 -k 1 -c 127.0.0.1 || exit 1\nENTRYPOINT [\"iperf3\"]\nCMD [\"-s\"]\n", {"packages=\"iperf3\"", "\nHEALTHCHECK CMD [\"iperf3\", \"-k\", \"1\", \"-c\", \"127.0.0.1\"]"}},
    {"one's own program is asked about itself", "FROM golang:1.24 AS b\nRUN CGO_ENABLED=0 go build -o /shop .\nFROM debian:12\nCOPY --from=b /shop /usr/local/bin/shop\nHEALTHCHECK CMD shop health\nENTRYPOINT [\"shop\"]\n", {"\nHEALTHCHECK CMD [\"shop\", \"health\"]"}},
    {"the address of a health check is no program", "FROM node:20\nRUN apt-get update && apt-get install -y git\nHEALTHCHECK CMD curl -f http://localhost:3000/git\nCMD [\"node\", \"a.js\"]\n", {"packages=\"git\""}},
    {"a package that is installed only where somebody asks for it", "FROM python:3.13\nARG MORE=false\nRUN if [ \"$MORE\" = true ]; then apt-get update && apt-get install -y jq; fi\nCMD [\"python\", \"a.py\"]\n", {"|| ! dpkg -s \"$package\" > /dev/null 2>&1; then continue; fi;"}},
    // Packages.
    {"a root of another distribution", "FROM alpine:3.20 AS b\nRUN apk add --no-cache --root /r --initdb libpq\nFROM alpine:3.20\nCOPY --from=b /r /\nCMD [\"/app\"]\n", {}, {}, "refused packages: it puts another distribution's root together in '/r'"},
    {"one of RPM", "FROM fedora:40 AS b\nRUN dnf install -y --installroot=/mnt/r nginx\nFROM debian:12\nCMD [\"/app\"]\n", {}, {}, "refused packages: it puts another distribution's root together in '/mnt/r'"},
    {"several names of one package", "FROM fedora:40\nRUN dnf -y install php php-cli php-common\nCMD [\"php\", \"a.php\"]\n", {}, {"php-cli php-cli"}},
    {"an archive of somebody", "FROM debian:12\nRUN apt-get update && apt-get install -y software-properties-common && add-apt-repository ppa:a/b && apt-get install -y bc\nCMD [\"bc\"]\n", {}, {"ppa:a/b", "software-properties-common"}, "break packages: packages of this archive are not built for Debian 13"},
    {"gcc of RPM has headers", "FROM fedora:40 AS b\nRUN dnf install -y gcc\nRUN gcc -o /a a.c\nFROM debian:12\nCOPY --from=b /a /a\nCMD [\"/a\"]\n", {"--no-install-recommends gcc libc6-dev"}},
    // Bases.
    {"no reference", "FROM registry.example/ORG/python:3.13\nCMD [\"python\"]\n", {}, {}, "refused base: it is no reference to an image: names are in small letters"},
    {"an application in root's home, started from there", "FROM alpine:3.20\nWORKDIR /root/\nCOPY --from=registry.example/own/tool /tool ./app\nCMD [\"./app\"]\n", {"WORKDIR /app/"}, {"/root"}, "break libc: made elsewhere for Alpine"},
    {"a digest that is none", "FROM python:3.13@sha256:abc\nCMD [\"python\"]\n", {}, {}, "refused base: it is no reference to an image"},
    {"a variable without a value", "ARG V\nFROM python:$V\nCMD [\"python\"]\n", {}, {}, "refused base: a variable without a value"},
    {"no version in a tag", "FROM node:latest\nCMD [\"node\", \"a.js\"]\n", {"hardened/node:20"}, {}, "break version: its tag says no version: it is the newest of the day"},
    {"Go of Ubuntu", "FROM ubuntu/go:1.22-24.04\nWORKDIR /app\nADD . ./\nRUN go build -o main .\nENTRYPOINT [\"/app/main\"]\n", {"FROM ubuntu/go:1.22-24.04 AS build", "FROM registry.example/hardened/base:13"}},
    {"Go of Chainguard, whatever the organisation", "FROM cgr.dev/some.org/go:latest-dev\nWORKDIR /app\nADD . ./\nRUN go build -o main .\nENTRYPOINT [\"/app/main\"]\n", {"FROM registry.example/hardened/base:13"}},
    {"Python of Ubuntu", "FROM ubuntu/python:3.13-24.04_stable\nCOPY a.py .\nENTRYPOINT [\"python\", \"a.py\"]\n", {"FROM registry.example/hardened/python:3.13"}},
    {"Python of Chainguard in an organisation of one's own", "FROM cgr.dev/some.org/python:3.13\nENTRYPOINT [\"python\", \"a.py\"]\n", {"FROM registry.example/hardened/python:3.13"}},
    {"a mirror of Docker's", "FROM some/dhi-python:3.13-debian13\nENTRYPOINT [\"python\", \"a.py\"]\n", {"FROM registry.example/hardened/python:3.13"}},
    {"somebody's own image of that name", "FROM registry.example/team/python:3.13\nENTRYPOINT [\"python\", \"a.py\"]\n", {}, {}, "refused base: it is not known what is in it"},
    {"a bare hardened distribution", "FROM cgr.dev/chainguard/wolfi-base\nRUN apk add --no-cache tini nodejs\nENTRYPOINT [\"tini\", \"--\"]\nCMD [\"node\", \"a.js\"]\n", {"FROM registry.example/hardened/node:20\n"}},
    {"a compiler that starts nothing", "FROM golang:1.12\nWORKDIR /src\nRUN go build -o /src/a\n", {}, {}, "break shell: nothing says what it starts"},
    {"a compiler that makes a static program", "FROM golang:1.26\nWORKDIR /app\nCOPY . .\nRUN CGO_ENABLED=0 go build -o main .\nENTRYPOINT [\"/app/main\"]\n", {"FROM registry.example/hardened/static:13"}},
    {"no entry point, and a command", "FROM python:3.13\nENTRYPOINT []\nCMD python a.py\n", {"CMD [\"python\", \"a.py\"]", "ENTRYPOINT []"}},
    {"no entry point where the image has one", "FROM redis:8\nENTRYPOINT []\nCMD [\"redis-server\", \"/etc/r.conf\"]\n", {"CMD [\"redis-server\", \"/etc/r.conf\"]"}},
    {"the entry point of the image", "FROM redis:8\nCMD [\"redis-server\", \"/etc/r.conf\"]\n", {"CMD [\"/etc/r.conf\"]"}},
    {"Python where Docker's hardened images have it", "FROM dhi.io/python:3.13-debian13\nCMD [\"/opt/python/bin/python3\", \"a.py\"]\n", {"CMD [\"python3\", \"a.py\"]"}},
    {"Python that would not see the environment", "FROM python:3.13\nRUN pip install flask\nCMD [\"/usr/bin/python3\", \"-m\", \"flask\", \"run\"]\n", {"CMD [\"python3\", \"-m\", \"flask\", \"run\"]"}},
    {"Python of Debian without an environment", "FROM python:3.13\nCMD [\"/usr/bin/python3\", \"a.py\"]\n", {"CMD [\"/usr/bin/python3\", \"a.py\"]"}},
    {"a bare distribution that starts nothing", "FROM debian:12\nRUN apt-get update && apt-get install -y bc\n", {}, {}, "break shell: nothing says what it starts"},
    {".NET that needs its runtime by a program of its own", "FROM mcr.microsoft.com/dotnet/sdk:9.0 AS b\nRUN dotnet publish -o /app\nFROM mcr.microsoft.com/dotnet/runtime:9.0\nCOPY --from=b /app /app\nENTRYPOINT [\"/app/own\"]\n", {}, {}, "refused base: Debian has no .NET"},
    {".NET with its runtime in it", "FROM mcr.microsoft.com/dotnet/sdk:9.0 AS b\nRUN dotnet publish --self-contained -o /app\nFROM mcr.microsoft.com/dotnet/runtime:9.0\nCOPY --from=b /app /app\nENTRYPOINT [\"/app/own\"]\n", {"FROM registry.example/hardened/base:13"}},
    {"an environment of another Python", "FROM ghcr.io/astral-sh/uv:python3.13-bookworm-slim AS b\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked --no-dev\nFROM python:3.13-slim\nCOPY --from=b /app /app\nENV PATH=/app/.venv/bin:$PATH\nCMD [\"fastapi\", \"run\"]\n", {}, {}, "break files: an environment that is made on"},
    {"packages of another release's archive", "FROM debian:12\nRUN apt-get update && apt-get install -y gnupg && echo \"deb [signed-by=/k.gpg] https://vendor.example bookworm main\" > /etc/apt/sources.list.d/x.list && apt-get update && apt-get install -y x-server\nCMD [\"/usr/bin/x-server\"]\n", {}, {}, "break packages: packages of this archive are built for another release"},
    {"the same by tee", "FROM ubuntu:24.04\nRUN echo 'deb https://vendor.example/ubuntu noble main' | tee /etc/apt/sources.list.d/x.list && apt-get update && apt-get install -y x-server\nCMD [\"/usr/bin/x-server\"]\n", {}, {}, "break packages: packages of this archive are built for another release"},
    {"Rails by the script that it generates", "FROM ruby:3.3\nWORKDIR /rails\nCOPY . .\nCMD [\"./bin/rails\", \"server\"]\n", {"CMD [\"ruby\", \"./bin/rails\", \"server\"]"}},
    {"Symfony by its whole path", "FROM php:8.4-cli\nWORKDIR /app\nCOPY . .\nCMD [\"/app/bin/console\", \"messenger:consume\"]\n", {"CMD [\"php\", \"/app/bin/console\", \"messenger:consume\"]"}},
    {"a release of Elixir is started by a script of the shell", "FROM elixir:1.16 AS b\nWORKDIR /app\nCOPY . .\nRUN MIX_ENV=prod mix release\nFROM debian:12\nCOPY --from=b /app/_build/prod/rel/own /app\nCMD [\"/app/bin/own\", \"start\"]\n", {}, {}, "refused shell: '/app/bin/own' is a script of the shell, as 'mix release' makes it"},
    {"so is what Gradle installs", "FROM gradle:8-jdk21 AS b\nCOPY . /src\nRUN cd /src && gradle installDist\nFROM eclipse-temurin:21-jre\nCOPY --from=b /src/build/install/own /own\nENTRYPOINT [\"/own/bin/own\"]\n", {}, {}, "refused shell: '/own/bin/own' is a script of the shell, as 'installDist' makes it"},
    {".NET gets what its usual image has: ICU, and where it listens", "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\nRUN dotnet publish -r linux-x64 --self-contained -o /app\nFROM mcr.microsoft.com/dotnet/runtime-deps:8.0\nCOPY --from=b /app /app\nUSER $APP_UID\nENTRYPOINT [\"/app/own\"]\n", {"apt-get install -y --no-install-recommends libicu76", "packages=\"libicu76\"", "ENV ASPNETCORE_HTTP_PORTS=8080", "USER 65532:65532"}, {"APP_UID"}},
    {".NET without languages needs no ICU", "FROM mcr.microsoft.com/dotnet/sdk:9.0 AS b\nRUN dotnet publish -r linux-x64 --self-contained -o /app\nFROM mcr.microsoft.com/dotnet/runtime-deps:9.0\nENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 ASPNETCORE_URLS=http://+:9000\nCOPY --from=b /app /app\nENTRYPOINT [\"/app/own\"]\n", {"FROM registry.example/hardened/base:13"}, {"libicu", "HTTP_PORTS"}},
    {".NET of a small image has none, and is told so", "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\nRUN dotnet publish -r linux-x64 --self-contained -o /app\nFROM mcr.microsoft.com/dotnet/runtime-deps:8.0-jammy-chiseled\nCOPY --from=b /app /app\nENTRYPOINT [\"/app/own\"]\n", {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true"}, {"libicu"}},
    {".NET before 8 listens below 1024", "FROM mcr.microsoft.com/dotnet/sdk:6.0 AS b\nRUN dotnet publish -r linux-x64 --self-contained -o /app\nFROM mcr.microsoft.com/dotnet/aspnet:6.0\nCOPY --from=b /app /app\nENTRYPOINT [\"/app/own\"]\n", {"ENV ASPNETCORE_URLS=http://+:80"}, {}, "break port: the usual image makes it listen on port 80"},
    {".NET for musl", "FROM mcr.microsoft.com/dotnet/sdk:8.0-alpine AS b\nRUN dotnet publish -r linux-musl-x64 --self-contained -o /app\nFROM mcr.microsoft.com/dotnet/runtime-deps:8.0-alpine\nCOPY --from=b /app /app\nENTRYPOINT [\"/app/own\"]\n", {}, {}, "break libc: what is published for musl does not start on glibc"},
    {".NET that says that it has not", "FROM mcr.microsoft.com/dotnet/sdk:9.0 AS b\nRUN dotnet publish --self-contained false -o /app\nFROM mcr.microsoft.com/dotnet/aspnet:9.0\nCOPY --from=b /app /app\nENTRYPOINT [\"/app/own\"]\n", {}, {}, "refused base: Debian has no .NET"},
    {"Maven with a newer Java", "FROM maven:3.9-eclipse-temurin-25\nWORKDIR /app\nCOPY . .\nRUN mvn package\nCMD [\"java\", \"-jar\", \"target/a.jar\"]\n", {"FROM registry.example/hardened/openjdk:25-jre"}},
    {"Maven with an older one", "FROM maven:3.8-openjdk-18\nWORKDIR /app\nCOPY . .\nRUN mvn package\nCMD [\"java\", \"-jar\", \"target/a.jar\"]\n", {"FROM registry.example/hardened/openjdk:21-jre"}, {}, "break version: openjdk 18 is not among the hardened images"},
};

TEST(MigratePairs, WhatWasFoundIsMendedOrSaid) {
  expect_rows(found, usual_options());
  EXPECT_GE(std::size(found), 50U);
}

/// Files beside the Dockerfile, and where a COPY takes them from.
TEST(MigratePairs, FilesOfTheContextAreFoundWhereACopyTakesThem) {
  struct Row {
    const char* summary;
    std::map<std::string, std::string> files;
    const char* text;
    const char* holds;       ///< of the result; empty: it is refused
    const char* lacks = "";
  };
  const char* const start = "{\"scripts\": {\"start\": \"node server.js\"}}";
  const Row rows[] = {
      {"package.json beside it", {{"package.json", start}}, "FROM node:20\nWORKDIR /app\nCOPY . .\nCMD [\"npm\", \"start\"]\n", "CMD [\"node\", \"server.js\"]"},
      {"in a folder, by a glob", {{"app/package.json", start}}, "FROM node:20\nWORKDIR /app\nCOPY app/package*.json ./\nRUN npm ci\nCMD [\"npm\", \"start\"]\n", "CMD [\"node\", \"server.js\"]"},
      {"in a folder that is copied", {{"app/package.json", start}}, "FROM node:20\nWORKDIR /app\nCOPY app/ ./\nCMD [\"npm\", \"start\"]\n", "CMD [\"node\", \"server.js\"]"},
      {"in a folder that a build stage copies", {{"app/package.json", start}}, "FROM node:20 AS b\nCOPY app /app\nFROM node:20\nCOPY --from=b /app /app\nCMD [\"npm\", \"start\"]\n", "CMD [\"node\", \"server.js\"]"},
      {"a health check that is a script", {{"package.json", "{\"scripts\": {\"start\": \"node server.js\", \"healthy\": \"node check.js --quick\"}}"}}, "FROM node:20\nWORKDIR /app\nCOPY . .\nHEALTHCHECK CMD npm run healthy\nCMD [\"npm\", \"start\"]\n", "\nHEALTHCHECK CMD [\"node\", \"check.js\", \"--quick\"]", "npm"},
      {"one that needs a shell is told", {{"package.json", "{\"scripts\": {\"healthy\": \"curl -f http://localhost/ && true\"}}"}}, "FROM node:20\nWORKDIR /app\nCOPY . .\nHEALTHCHECK CMD npm run healthy\nCMD [\"node\", \"a.js\"]\n", "\n# HEALTHCHECK CMD npm run healthy"},
      {"nowhere", {}, "FROM node:20\nWORKDIR /app\nCOPY app/ ./\nCMD [\"npm\", \"start\"]\n", ""},
      {"a program for all, and no packages", {{"package.json", "{\"scripts\": {\"preview\": \"vite preview\"}}"}}, "FROM node:20\nWORKDIR /app\nCOPY package.json .\nRUN npm install -g vite\nCMD [\"npm\", \"run\", \"preview\"]\n", "CMD [\"node\", \"/usr/local/bin/vite\", \"preview\"]"},
      {"a program for all, and packages", {{"package.json", "{\"scripts\": {\"preview\": \"vite preview\"}}"}}, "FROM node:20\nWORKDIR /app\nCOPY package.json .\nRUN npm install -g vite && npm ci\nCMD [\"npm\", \"run\", \"preview\"]\n", "CMD [\"node\", \"node_modules/.bin/vite\", \"preview\"]"},
      {"requirements with a package that is compiled", {{"requirements.txt", "Flask>=3 # web\nmysqlclient==2.2.7\n"}}, "FROM python:3.13\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"a.py\"]\n", "gcc libc6-dev python3-dev pkgconf libmariadb-dev"},
      {"requirements in a folder", {{"conf/requirements.txt", "pycurl\n"}}, "FROM python:3.13\nWORKDIR /app\nCOPY conf/requirements.txt .\nRUN pip install -rrequirements.txt\nCMD [\"python\", \"a.py\"]\n", "libcurl4-openssl-dev"},
      {"nginx that logs where it does by default", {{"n.conf", "pid /tmp/n.pid; http { client_body_temp_path /tmp/b; }"}}, "FROM nginx:1.26\nCOPY n.conf /etc/nginx/nginx.conf\nRUN ln -sf /dev/stdout /var/log/nginx/access.log\n", "COPY --from=build /var/log/nginx /var/log/nginx"},
      {"nginx that logs as the image does", {{"n.conf", "x"}}, "FROM nginx:1.26\nCOPY n.conf /etc/nginx/conf.d/n.conf\nRUN ln -sf /dev/stdout /var/log/nginx/access.log\n", "COPY n.conf /etc/nginx/conf.d/n.conf", "ln -sf"},
      {"package.json says the version of pnpm", {{"package.json", "{\"packageManager\": \"pnpm@9.1.0+sha512.abc\"}"}}, "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN corepack enable && pnpm install\nCMD [\"node\", \"a.js\"]\n", "RUN npm install -g pnpm@9.1.0\n"},
      {"a script says by what it is run", {{"run", "#!/usr/bin/env -S python -u\nprint(1)\n"}}, "FROM python:3.13\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"/app/run\"]\n", "ENTRYPOINT [\"python3\", \"-u\", \"/app/run\"]"},
      {"one of a shell's, whatever it is called", {{"bin/work", "#!/bin/sh\nexec python a.py\n"}}, "FROM python:3.13\nWORKDIR /app\nCOPY . .\nCMD [\"bin/work\"]\n", ""},
      {"one of a shell's by env", {{"bin/rails", "#!/usr/bin/env bash\nexec ruby x\n"}}, "FROM ruby:3.3\nWORKDIR /app\nCOPY . .\nCMD [\"./bin/rails\", \"server\"]\n", ":3.3-compat"},
      {"a script whose interpreter is where it says", {{"run", "#!/usr/bin/python3\nprint(1)\n"}}, "FROM python:3.13\nWORKDIR /app\nCOPY . .\nCMD [\"./run\"]\n", "CMD [\"./run\"]"},
      {"a program is no script", {{"run", "\177ELF"}}, "FROM debian:13\nWORKDIR /app\nCOPY run .\nCMD [\"./run\"]\n", "CMD [\"./run\"]"},
      {"requirements with wheels alone", {{"requirements.txt", "flask\n"}}, "FROM python:3.13\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"a.py\"]\n", "RUN pip install", "gcc"},
  };
  for (const Row& row : rows) {
    MigrateOptions options = usual_options();
    options.context = [&](std::string_view path) -> std::optional<std::string> {
      const auto at = row.files.find(std::string(path));
      return at == row.files.end() ? std::nullopt : std::optional(at->second);
    };
    const auto done = migrate(row.text, "Dockerfile", options);
    ASSERT_TRUE(done) << row.summary;
    EXPECT_EQ(done->refused(), *row.holds == '\0') << row.summary << "\n" << to_text(*done, "Dockerfile");
    EXPECT_NE(done->text.find(row.holds), std::string::npos) << row.summary << "\n" << done->text;
    if (*row.lacks != '\0') {
      EXPECT_EQ(done->text.find(row.lacks), std::string::npos) << row.summary << "\n" << done->text;
    }
    expect_sound(row.text, *done, options, row.summary);
  }
}

/// A configuration of nginx as a whole: what it writes must be written somewhere.
TEST(MigratePairs, WhatNginxWritesIsAsked) {
  struct Row {
    const char* summary;
    const char* configuration;
    const char* why;   ///< of the break; empty: none
  };
  const Row rows[] = {
      {"all that it writes is in /tmp", "pid /tmp/n.pid; http { client_body_temp_path /tmp/b; access_log /dev/stdout; }", ""},
      {"no log", "pid /tmp/n.pid; http { client_body_temp_path /tmp/b; access_log off; }", ""},
      {"a log by default", "pid /tmp/n.pid; http { client_body_temp_path /tmp/b; }", "its access log is /var/log/nginx/access.log"},
      {"a pid file elsewhere", "http { access_log off; }", "its pid file and temporary folders are not in /tmp"},
  };
  for (const Row& row : rows) {
    MigrateOptions options = usual_options();
    options.context = [&](std::string_view) { return std::optional<std::string>(row.configuration); };
    const auto done = migrate("FROM nginx:1.26\nCOPY n.conf /etc/nginx/nginx.conf\n", "Dockerfile", options);
    ASSERT_TRUE(done) << row.summary;
    const auto writable = std::ranges::find(done->breaks, "writable", &MigrationPoint::id);
    EXPECT_EQ(writable == done->breaks.end(), *row.why == '\0') << row.summary;
    if (writable != done->breaks.end()) {
      EXPECT_TRUE(writable->why.starts_with(row.why)) << row.summary << ": " << writable->why;
    }
  }
}

/// Whether packages are compiled is said where nobody can see which they are, and only then.
TEST(MigratePairs, CompilersThatTheUsualImageHadAreNamed) {
  struct Row {
    const char* summary;
    const char* text;
    bool said;
  };
  const Row rows[] = {
      {"a file that is not there", "FROM python:3.13\nRUN pip install -r requirements.txt\nCMD [\"python\", \"a.py\"]\n", true},
      {"a file that is not there, and an image without compilers", "FROM python:3.13-slim\nRUN pip install -r requirements.txt\nCMD [\"python\", \"a.py\"]\n", false},
      {"by name", "FROM python:3.13\nRUN pip install flask\nCMD [\"python\", \"a.py\"]\n", false},
      {"a folder", "FROM python:3.13\nRUN pip install .\nCMD [\"python\", \"a.py\"]\n", true},
  };
  for (const Row& row : rows) {
    const auto done = migrate(row.text, "Dockerfile", usual_options());
    ASSERT_TRUE(done) << row.summary;
    const bool said = std::ranges::any_of(done->changes, [](const MigrationPoint& each) { return each.why.starts_with("whether a package is compiled is not known") && !each.remedy.empty(); });
    EXPECT_EQ(said, row.said) << row.summary << "\n" << to_text(*done, "Dockerfile");
  }
}

/// Root's home: what lies there moves, unless something names it there, or the place is taken.
TEST(MigratePairs, RootsHomeIsLeft) {
  struct Row {
    const char* summary;
    const char* text;     ///< after FROM
    const char* holds;
    bool open = false;
  };
  const Row rows[] = {
      {"by WORKDIR", "WORKDIR /root\nCOPY a.py .\nCMD [\"python\", \"a.py\"]\n", "WORKDIR /app\n"},
      {"below it", "WORKDIR /root/src/x\nCMD [\"python\", \"a.py\"]\n", "WORKDIR /app/src/x\n"},
      {"by COPY alone", "COPY a.py /root/a.py\nCMD [\"python\", \"a.py\"]\n", "COPY a.py /app/a.py\n"},
      {"by ADD", "ADD x /root/\nCMD [\"python\", \"a.py\"]\n", "ADD x /app/\n"},
      {"a file of a tool", "COPY c /root/.config/c\nCMD [\"python\", \"a.py\"]\n", "COPY c /root/.config/c\n"},
      {"another folder of that beginning", "WORKDIR /rootfs\nCMD [\"python\", \"a.py\"]\n", "WORKDIR /rootfs\n"},
      {"named by what is started", "WORKDIR /root\nCMD [\"python\", \"/root/a.py\"]\n", "WORKDIR /root\n", true},
      {"named by a variable", "WORKDIR /root\nENV DATA=/root/data\nCMD [\"python\", \"a.py\"]\n", "WORKDIR /root\n", true},
      {"a cache of a tool there is none of it", "WORKDIR /root\nRUN --mount=type=cache,target=/root/.cache pip install x\nCMD [\"python\", \"a.py\"]\n", "WORKDIR /app\n"},
      {"the place is taken", "COPY a /app/a\nWORKDIR /root\nCMD [\"python\", \"a.py\"]\n", "WORKDIR /root\n", true},
  };
  for (const Row& row : rows) {
    const std::string text = fmt::format("FROM python:3.13\n{}", row.text);
    const auto done = migrate(text, "Dockerfile", usual_options());
    ASSERT_TRUE(done && !done->refused()) << row.summary;
    EXPECT_NE(done->text.find(row.holds), std::string::npos) << row.summary << "\n" << done->text;
    const bool open = std::ranges::any_of(done->breaks, [](const MigrationPoint& each) { return each.id == "writable" && each.why.starts_with("only root may go into /root"); });
    EXPECT_EQ(open, row.open) << row.summary << "\n" << to_text(*done, "Dockerfile");
    expect_sound(text, *done, usual_options(), row.summary);
  }
}

/// What brings the program that is started: said only where nothing does.
TEST(MigratePairs, WhatIsStartedComesFromSomewhere) {
  struct Row {
    const char* summary;
    const char* text;
    const char* why = "";   ///< of the break; empty: none
  };
  const Row rows[] = {
      {"the image", "FROM debian:12\nCOPY . /app\nCMD [\"/usr/bin/python3\", \"/app/a.py\"]\n"},
      {"a file of its name", "FROM debian:12\nCOPY server /usr/local/bin/server\nCMD [\"server\"]\n"},
      {"a folder of programs", "FROM debian:12\nCOPY tools/ /usr/local/bin/\nCMD [\"server\"]\n"},
      {"the folder where it works", "FROM debian:12\nWORKDIR /app\nCOPY . .\nCMD [\"./server\"]\n"},
      {"a place that a variable says", "FROM debian:12\nARG D\nCOPY server $D\nCMD [\"/srv/server\"]\n"},
      {"the root of all", "FROM debian:12\nCOPY out /\nCMD [\"/srv/server\"]\n"},
      {"a package", "FROM debian:12\nRUN apt-get update && apt-get install -y bc\nCMD [\"bc\"]\n"},
      {"pip", "FROM python:3.13\nRUN pip install gunicorn\nCMD [\"gunicorn\", \"a:b\"]\n"},
      {"a path of the file's own", "FROM debian:12\nENV PATH=/x/bin:$PATH\nCOPY x /x\nCMD [\"server\"]\n"},
      {"a RUN", "FROM debian:12\nWORKDIR /src\nRUN gcc -o /usr/local/bin/server s.c\nCMD [\"/usr/local/bin/server\"]\n"},
      {"behind an init", "FROM debian:12\nRUN apt-get update && apt-get install -y tini\nCOPY a /a\nENTRYPOINT [\"tini\", \"--\", \"/b\"]\n", "nothing that comes into the image brings '/b'"},
      {"a file of another name", "FROM debian:12\nCOPY server /usr/local/bin/server\nCMD [\"worker\"]\n", "nothing that comes into the image brings 'worker'"},
      {"another folder", "FROM debian:12\nWORKDIR /app\nCOPY . .\nCMD [\"/srv/server\"]\n", "nothing that comes into the image brings '/srv/server'"},
      {"made elsewhere for Alpine", "FROM alpine:3.20\nWORKDIR /app\nCOPY . .\nCMD [\"./server\"]\n", "'./server' was made elsewhere for Alpine"},
      {"made in a build stage", "FROM golang:1.24 AS b\nRUN go build -o /s .\nFROM alpine:3.20\nCOPY --from=b /s /s\nCMD [\"/s\"]\n"},
  };
  for (const Row& row : rows) {
    const auto done = migrate(row.text, "Dockerfile", usual_options());
    ASSERT_TRUE(done && !done->refused()) << row.summary << "\n" << to_text(*done, "Dockerfile");
    std::string why;
    for (const MigrationPoint& each : done->breaks) {
      if (each.why.find("comes into the image brings") != std::string::npos || each.why.find("made elsewhere for Alpine") != std::string::npos) why = each.why;
    }
    EXPECT_TRUE(*row.why == '\0' ? why.empty() : why.starts_with(row.why)) << row.summary << ": " << why << "\n" << done->text;
  }
}

TEST(MigratePairs, RecordsOfCopiedPackagesHaveTheirSums) {
  const auto done = migrate("FROM python:3.13\nRUN apt-get update && apt-get install -y libpq5\nCMD [\"python\", \"a.py\"]\n", "Dockerfile", usual_options());
  ASSERT_TRUE(done);
  EXPECT_NE(done->text.find("cat /var/lib/dpkg/info/${package%%:*}.md5sums /var/lib/dpkg/info/${package%%:*}:*.md5sums"), std::string::npos) << done->text;
  EXPECT_NE(done->text.find("> \"/runtime/var/lib/dpkg/status.d/${package%%:*}.md5sums\""), std::string::npos) << done->text;
}

}  // namespace
}  // namespace ashlar::workload

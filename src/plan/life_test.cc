// Keys for images without a shell: health, certificates, timezone, locales.
#include <gtest/gtest.h>

#include <algorithm>

#include "plan/definition.h"

namespace ashlar::plan {
namespace {

Result<Definition> read(const std::string& text) { return read_definition("distribution: debian-13\nimage: a/b\ncontents: {packages: [base-files]}\n" + text, "t.yaml"); }

TEST(Life, locales_bring_their_package_and_a_slice_of_it) {
  const auto d = read("locales: [de_DE.UTF-8, 'tt_RU.UTF-8@iqtelif', 'sr_RS@latin']\n");
  ASSERT_TRUE(d) << d.error().message;
  ASSERT_EQ(d->slices.size(), 1u);
  EXPECT_EQ(d->slices[0].package, "locales-all");
  EXPECT_EQ(d->slices[0].include, (std::vector<std::string>{"usr/lib/locale/de_DE.utf8/**", "usr/lib/locale/tt_RU.utf8@iqtelif/**", "usr/lib/locale/sr_RS@latin/**"}));
  EXPECT_EQ(std::ranges::count(d->packages, std::string("locales-all"), &Wish::name), 1);
  EXPECT_EQ(std::ranges::count(read("timezone: Europe/Berlin\n")->packages, std::string("locales-all"), &Wish::name), 0);
}

TEST(Life, certificates_and_zones_are_read) {
  const auto d = read("certificates: [{name: a, source: x/y.pem}, {name: b, content: text}]\ntimezone: America/Argentina/Ushuaia\n");
  ASSERT_TRUE(d) << d.error().message;
  EXPECT_EQ(d->certificates.at(0).source, "x/y.pem");
  EXPECT_EQ(d->certificates.at(1).content, "text");
  EXPECT_EQ(d->time_zone, "America/Argentina/Ushuaia");
}

TEST(Life, health_asks_what_the_probe_can_ask) {
  for (const char* good : {"{kind: tcp, target: 'localhost:80'}", "{kind: tcp, target: '[::1]:80'}", "{kind: http, target: 'http://127.0.0.1/x?y'}", "{kind: http, target: 'http://[::1]:8080'}",
                           "{kind: file, target: /run/x}", "{kind: process, target: nginx}", "{kind: exec, target: 'pg_isready -q'}"}) {
    const auto d = read(std::string("health: ") + good + "\n");
    EXPECT_TRUE(d) << good << (d ? "" : d.error().message);
  }
}

TEST(Life, refuses_what_cannot_be_meant) {
  struct Row {
    const char *text, *fault;
  };
  const Row rows[] = {
      {"health: {kind: tcp, target: localhost}\n", "a port is missing"},
      {"health: {kind: tcp, target: 'db:5432'}\n", "'db' is no address"},
      {"health: {kind: tcp, target: '1.2.3.400:1'}\n", "'1.2.3.400' is no address"},
      {"health: {kind: tcp, target: 'localhost:0'}\n", "'0' is no port"},
      {"health: {kind: http, target: 'https://localhost/'}\n", "the probe speaks no TLS"},
      {"health: {kind: http, target: localhost}\n", "'localhost' is no URL"},
      {"health: {kind: process, target: /usr/bin/x}\n", "a process has a name, not a path"},
      {"health: {kind: exec, target: \"a 'b\"}\n", "a quote in the command is not closed"},
      {"certificates: [{name: a}]\n", "a certificate has either 'source' or 'content'"},
      {"certificates: [{name: a/b, content: x}]\n", "'a/b' is no name for a certificate"},
      {"certificates: [{name: a, source: ../x}]\n", "a path below the catalogue's root is expected"},
      {"certificates: [{name: a, content: x}, {name: a, content: y}]\n", "a certificate 'a' stands above"},
      {"timezone: ../../etc/passwd\n", "'../../etc/passwd' is no time zone"},
      {"timezone: /etc/x\n", "'/etc/x' is no time zone"},
      {"volumes: [/]\n", "the root is no volume"},
      {"volumes: [//./]\n", "the root is no volume"},
      {"volumes: [/proc]\n", "'/proc' is the machine's, and no volume"},
      {"volumes: [//dev/shm]\n", "'//dev/shm' is the machine's, and no volume"},
      {"volumes: [data]\n", "'data' is no absolute path"},
      {"locales: [german]\n", "'german' is no locale"},
  };
  for (const Row& row : rows) {
    const auto d = read(row.text);
    ASSERT_FALSE(d) << row.text;
    EXPECT_EQ(d.error().faults.front().message, row.fault) << row.text;
  }
}

}  // namespace
}  // namespace ashlar::plan

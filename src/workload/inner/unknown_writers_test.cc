#include "workload/inner/unknown_writers.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/text.h"

namespace ashlar::workload {
namespace {

struct Row {
  const char* line;
  bool unknown;
  std::vector<std::string> outputs{};
  std::vector<std::string> named{};
};

const Row rows[] = {
    // Known, or nothing.
    {"", false},
    {"apt-get install -y /a.deb", false},
    {"npm run build", false},
    {"npx prisma generate", false},
    {"python manage.py collectstatic --noinput", false},
    {"python3 -m pip install x", false},
    {"python -m compileall /app", false},
    {"python --version", false},
    {"php artisan config:cache", false},
    {"./gradlew build", false},
    {"./node_modules/.bin/tsc", false},
    {"node node_modules/webpack/bin/webpack.js", false},
    {"/usr/bin/make all", false},
    {"/opt/venv/bin/pip install x", false},
    {"perl -pi -e s/a/b/ /etc/x", false},
    {"./configure", false},
    {"curl -d /data http://localhost/", false},
    {"test -d /data", false},
    // What is known to install where it is told.
    {"./configure --prefix=/opt/x --with-y=/usr", true, {"/opt/x"}},
    {"cmake -DCMAKE_INSTALL_PREFIX=/opt/y .", true, {"/opt/y"}},
    // Nobody knows.
    {"./install.sh", true},
    {"./install.sh /etc/own", true, {}, {"/etc/own"}},
    {"/opt/vendor/setup --silent", true, {}, {}},
    {"python build_data.py --out /data", true, {"/data"}},
    {"python build_data.py --out=/data --cache=/var/c", true, {"/data"}, {"/var/c"}},
    {"python -m nltk.downloader -d /usr/share/nltk_data punkt", true, {"/usr/share/nltk_data"}},
    {"python -c \"open('/srv/x', 'w')\"", true, {}, {"/srv/x"}},
    {"python -", true},
    {"node build.js -o $OUT", true},
    {"bash setup.sh", true},
    {"sh -c /x/y", true, {}, {"/x/y"}},
    {"java -jar tool.jar --dir /srv/d", true, {"/srv/d"}},
    {"dpkg -i a.deb", true},
    {"npx playwright install", true},
    {"some-tool --target /t", true, {"/t"}},
};

TEST(UnknownWriters, AreToldFromThoseThatAreKnown) {
  for (const Row& row : rows) {
    const ShellLine line = read_shell_line(row.line);
    std::vector<const LineWord*> words;
    if (!line.commands.empty()) for (const LineWord& each : line.commands[0].words) words.push_back(&each);
    const auto found = unknown_writer(words);
    EXPECT_EQ(found.has_value(), row.unknown) << row.line;
    if (!found || !row.unknown) continue;
    EXPECT_EQ(found->outputs, row.outputs) << row.line;
    EXPECT_EQ(found->named, row.named) << row.line;
    EXPECT_TRUE(std::string(row.line).starts_with(found->what.substr(0, found->what.find(' ')))) << row.line;
  }
}

TEST(UnknownWriters, PathsAreFoundInAnyText) {
  struct Text {
    const char* text;
    std::vector<std::string> paths;
  };
  const Text texts[] = {
      {"", {}},
      {"/", {}},
      {"a / b // c", {}},
      {"a/b/c and ./d/e", {}},
      {"http://host/path", {}},
      {"open('/a/b.txt')\nopen(\"/c\")", {"/a/b.txt", "/c"}},
      {"x=/a y>/b [/c] /a", {"/a", "/b", "/c"}},
      {"PATH=/a:/b", {"/a"}},
  };
  for (const Text& each : texts) EXPECT_EQ(absolute_paths(each.text), each.paths) << each.text;
  std::string many;
  for (int at = 0; at < 1000; ++at) many += " /p" + std::to_string(at);
  EXPECT_EQ(absolute_paths(many).size(), 20U);
}

}  // namespace
}  // namespace ashlar::workload

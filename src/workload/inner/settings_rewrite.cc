// USER, EXPOSE, VOLUME, COPY, ADD and ONBUILD of the last stage.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/migration.h"

namespace ashlar::workload {
namespace {

bool is_root(std::string_view user) { return user == "root" || user == "0" || user.starts_with("root:") || user.starts_with("0:"); }
bool is_under(std::string_view path, std::string_view folder) { return path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/')); }

class SettingsRewriter {
 public:
  SettingsRewriter(Migration& work, const HardenedBase& base) : work_(work), base_(base) {}

  void rewrite(const std::vector<size_t>& numbers) {
    const auto last_user = std::ranges::find_if(numbers.rbegin(), numbers.rend(), [&](size_t at) { return work_.file.instructions[at].keyword == "USER"; });
    numbers_ = numbers;
    last_user_ = last_user == numbers.rend() ? SIZE_MAX : *last_user;
    if (last_user_ != SIZE_MAX && !work_.file.instructions[last_user_].words.empty()) old_user_ = work_.file.instructions[last_user_].words[0].text;
    for (const size_t at : numbers) configured_ = configured_ || copies_configuration(work_.file.instructions[at], at);
    for (const size_t number : numbers) {
      const Instruction& each = work_.file.instructions[number];
      if (each.keyword == "USER") user(number, each);
      else if (each.keyword == "EXPOSE") expose(number, each);
      else if (each.keyword == "VOLUME") volume(number, each);
      else if (each.keyword == "COPY" || each.keyword == "ADD") copy(number, each);
      else if (each.keyword == "ONBUILD") trigger(number, each);
    }
    if (last_user_ == SIZE_MAX) work_.change("user", {}, "root", fmt::format("it ran as root; now it runs as {}, and writes to /tmp and to what belongs to that user", base_.user), "look for what it writes elsewhere: --old-image and --prove find it");
  }

 private:
  void user(size_t number, const Instruction& each) {
    if (each.words.empty()) return;
    const std::string& given = each.words[0].text;
    const std::string wanted = base_.user + ":" + base_.group;
    if (given == wanted || given == base_.user || (given == "nonroot" && base_.user == "65532")) {
      if (number != last_user_) work_.dropped.insert(number);
      return;
    }
    if (number != last_user_ || is_root(given)) {
      const auto next = std::ranges::find_if(numbers_, [&](size_t at) { return at > number && work_.file.instructions[at].keyword == "USER"; });
      const bool runs = std::any_of(std::ranges::find(numbers_, number), next, [&](size_t at) { return work_.file.instructions[at].keyword == "RUN"; });
      work_.change("user", each.span, work_.shown(number), is_root(given) ? fmt::format("the hardened image has no root; it runs as {}", base_.user) : runs ? "what is run after it is run as root where it is built" : "nothing is run between this and the next USER");
      work_.dropped.insert(number);
      return;
    }
    work_.change("user", each.span, work_.shown(number), fmt::format("the account of the hardened image: {}", wanted));
    work_.replace(each.words[0], wanted);
  }

  bool copies_configuration(const Instruction& each, size_t number) const {
    if ((each.keyword != "COPY" && each.keyword != "ADD") || each.words.size() < 2) return false;
    const std::string to = absolute(each.words.back().text, work_.places[number].folder);
    return std::ranges::any_of(base_.configuration, [&](const std::string& glob) { return matches_glob(glob, to); });
  }

  void expose(size_t number, const Instruction& each) {
    for (const Traced& word : each.words) {
      const std::string port(word.text.substr(0, word.text.find('/')));
      const bool number_only = !port.empty() && port.size() < 6 && std::ranges::all_of(port, [](unsigned char c) { return std::isdigit(c) != 0; });
      if (!number_only) continue;
      if (!base_.port.empty() && port == base_.old_port && port != base_.port && !configured_) {
        work_.breaks("port", each.span, work_.shown(number), fmt::format("the hardened image listens on {} by its own configuration", base_.port), fmt::format("publish {0} instead of {1}: -p {1}:{0}, or targetPort {0}", base_.port, port));
        if (const auto run = word.run(0, port.size())) work_.edits.push_back({run->first, run->second, base_.port});
      } else if (std::stoi(port) < 1024 && std::stoi(port) > 0) {
        work_.breaks("port", each.span, work_.shown(number), fmt::format("port {} is below 1024: whether user {} may bind it is the engine's to say (Docker, podman, containerd and CRI-O let it; others may not)", port, base_.user),
                     "listen on a port above 1023, or set net.ipv4.ip_unprivileged_port_start=0 where it runs");
      }
    }
  }

  void volume(size_t number, const Instruction& each) {
    for (const Traced& word : each.words) {
      if (is_root(old_user_) || old_user_.empty() || old_user_.substr(0, old_user_.find(':')) != base_.user)
        work_.breaks("volume", each.span, work_.shown(number), fmt::format("volumes that exist belong to {}, and the image runs as {}", old_user_.empty() ? "root" : old_user_, base_.user),
                     fmt::format("give what lies in '{}' to {} once (chown -R), or set fsGroup: {} in Kubernetes", visible(word.text), base_.user, base_.group));
    }
  }

  void copy(size_t number, const Instruction& each) {
    for (const Flag& flag : each.flags) {
      if (flag.name != "chown") continue;
      const std::string wanted = base_.user + ":" + base_.group;
      if (flag.value.text == wanted || is_root(flag.value.text)) continue;
      work_.change("user", flag.span, "--chown=" + flag.value.text, fmt::format("the account of the hardened image: {}", wanted));
      work_.replace(flag.value, wanted);
    }
    if (each.words.size() < 2) return;
    const Traced& to = each.words.back();
    const std::string whole = absolute(to.text, work_.places[number].folder);
    if (whole == "/etc/passwd" || whole == "/etc/group" || whole == "/etc/shadow") {
      work_.change("user", each.span, work_.shown(number), "the hardened image has its accounts; a copied list alone changes nobody");
      work_.dropped.insert(number);
      return;
    }
    if (std::ranges::any_of(base_.scripts, [&](const std::string& glob) { return matches_glob(glob, whole); }))
      work_.breaks("shell", each.span, work_.shown(number), fmt::format("what lies in '{}' is for the start script of the usual image, which the hardened one has not", whole), "do what it did when the image is built, or in a container that runs before");
    if (whole == "/etc/nginx/nginx.conf" && base_.family == "nginx") nginx_configuration(number, each);
    move(number, each, to, whole);
  }

  /// A whole configuration of the team's own: what it writes must lie where the user may write.
  void nginx_configuration(size_t number, const Instruction& each) {
    const auto own = work_.options.context && each.words.size() == 2 ? work_.options.context(each.words[0].text) : std::nullopt;
    const bool settled = own && own->find("pid /tmp/") != std::string::npos && own->find("_temp_path /tmp/") != std::string::npos;
    const bool logs = !work_.linked_logs.empty() || (own && (own->find("access_log /dev/") != std::string::npos || own->find("access_log off") != std::string::npos || own->find("access_log /tmp/") != std::string::npos));
    if (settled && logs) return;
    if (settled) return work_.breaks("writable", each.span, work_.shown(number), "its access log is /var/log/nginx/access.log, which is no link to where the container logs, and cannot be written to", "access_log /dev/stdout; or access_log off;");
    work_.breaks("writable", each.span, work_.shown(number), own ? "its pid file and temporary folders are not in /tmp, and nothing else can be written to" : "whether its pid file and temporary folders are in /tmp is not known: nothing else can be written to",
                 "pid /tmp/nginx.pid; and client_body_temp_path, proxy_temp_path, fastcgi_temp_path, uwsgi_temp_path, scgi_temp_path in /tmp; and access_log /dev/stdout");
  }

  void move(size_t number, const Instruction& each, const Traced& to, const std::string& whole) {
    for (size_t at = 0; at + 1 < base_.moves.size(); at += 2) {
      if (!is_under(whole, base_.moves[at]) || is_under(whole, base_.moves[at + 1])) continue;
      const std::string there = base_.moves[at + 1] + whole.substr(base_.moves[at].size()) + (to.text.ends_with('/') ? "/" : "");
      work_.change("files", each.span, work_.shown(number), fmt::format("in the hardened image that is '{}'", there));
      work_.replace(to, there);
      work_.brings[number] = there;
    }
    if (is_under(whole, "/etc/pki/ca-trust/source/anchors")) {
      work_.change("certificates", each.span, work_.shown(number), "Debian takes certificates of one's own from /usr/local/share/ca-certificates");
      work_.brings[number] = "/usr/local/share/ca-certificates" + whole.substr(32) + (to.text.ends_with('/') ? "/" : "");
      work_.replace(to, work_.brings[number]);
      if (each.words.size() == 2 && each.words[0].text.ends_with(".pem")) work_.breaks("certificates", each.span, work_.shown(number), "update-ca-certificates takes files that end in .crt", "name the copy NAME.crt");
    }
  }

  void trigger(size_t number, const Instruction& each) {
    if (each.trigger.empty()) return;
    if (each.trigger[0].keyword == "RUN") work_.refuse("trigger", each.span, work_.shown(number), "images that build on this one run it in a shell, which it has not", "make this image a -dev image, and let those that build on it copy what they make into a runtime image");
    else work_.change("trigger", each.span, work_.shown(number), "it stays: images that build on this one do it without a shell");
  }

  Migration& work_;
  const HardenedBase& base_;
  std::vector<size_t> numbers_;
  size_t last_user_ = SIZE_MAX;
  std::string old_user_;
  bool configured_ = false;
};

}  // namespace

void rewrite_settings(Migration& work, const std::vector<size_t>& numbers, const HardenedBase& base) { SettingsRewriter(work, base).rewrite(numbers); }

}  // namespace ashlar::workload

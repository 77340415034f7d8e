// What the last stage of a Dockerfile delivers.
#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/health_words.h"
#include "workload/inner/remarks.h"

namespace ashlar::workload {
namespace {

constexpr int max_volumes = 20, max_looks = 2000;  // of which owners are looked for, each in so many instructions

class Delivered {
 public:
  Delivered(const DockerfileView& view, const CheckOptions& options, Remarks& out)
      : view_(view), options_(options), out_(out), last_(view.last()), stage_(view.stages.size() - 1), from_(view.file.instructions[view.file.stages.back().first].span) {}

  void check() {
    user();
    start();
    health();
    if (last_.port != nullptr && root_ == Root::No) ports();
    for (std::size_t at = 0; at < view_.stages.size(); ++at) {
      if (!view_.stages[at].delivered) continue;
      repeated(at);
      if (root_ == Root::No) volumes(at);
    }
    scratch();
  }

 private:
  enum class Root { Yes, No, Unknown };
  template <class Do>
  void each_delivered(Do act) const {
    for (std::size_t at = 0; at < view_.stages.size(); ++at) {
      if (!view_.stages[at].delivered) continue;
      for (std::size_t each = view_.file.stages[at].first; each < view_.file.stages[at].end; ++each) act(view_.file.instructions[each], at);
    }
  }

  void user() {
    if (last_.user == nullptr) return no_user();
    const Traced& word = last_.user->words[0];
    const auto value = view_.value(word, stage_);
    if (!value) return;
    const std::string name(trim(cut(*value, ':').first));
    const bool zero = !name.empty() && name.find_first_not_of("0+") == std::string::npos;
    const Span span = view_.span(word, last_.user->span);
    root_ = name == "root" || zero ? Root::Yes : Root::No;
    if (root_ == Root::Yes) out_.add("user-root", span, fmt::format("USER is '{}' at the end", visible(*value)), "end with a user of its own, by number: USER 65532");
    else if (!name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0) out_.add("user-name", span, fmt::format("USER is the name '{}'", visible(name)), "USER and the number that it has in /etc/passwd");
  }

  void no_user() {
    const std::string& base = last_.base;
    if (base.empty()) return;
    const auto has = [&](std::string_view word) { return base.find(word) != std::string::npos; };
    if (has("nonroot") || has("unprivileged") || has("rootless")) {
      root_ = Root::No;
      return;
    }
    const auto name = ImageName::parse(base);
    const auto told = name && options_.runs_as_root ? options_.runs_as_root(*name) : std::nullopt;
    if (told && !*told) {
      root_ = Root::No;
      return;
    }
    if (!told && name && options_.chosen && options_.chosen(*name)) return;
    root_ = Root::Yes;
    bool copied = false;
    each_delivered([&](const Instruction& each, std::size_t) {
      if (each.keyword != "COPY" || each.words.size() < 2) return;
      const auto passwd = std::find_if(each.words.begin(), each.words.end(), [](const Traced& word) { return word.text.ends_with("etc/passwd"); });
      if (passwd == each.words.end()) return;
      copied = true;
      out_.add("passwd-copied", view_.span(*passwd, each.span), "/etc/passwd is copied, and there is no USER", "add USER and the number of the account");
    });
    const char* const who = told ? "runs as root by its vendor's word" : "says who runs it, which is root for most images";
    if (!copied) out_.add("user-root", from_, fmt::format("there is no USER, and '{}' {}", base, who), "end with a user of its own, by number: USER 65532");
  }

  /// ENTRYPOINT and CMD: shell forms, scripts, variables that nobody expands.
  void start() {
    if (last_.entry != nullptr) form(*last_.entry, last_.command == nullptr);
    if (last_.command != nullptr) form(*last_.command, last_.entry == nullptr);
    const Instruction* first = last_.entry != nullptr ? last_.entry : last_.command;
    if (first == nullptr || !first->exec || first->words.empty()) return;
    const std::string& program = first->words[0].text;
    const bool script = program.ends_with(".sh") || program.ends_with(".bash");
    if (script || is_shell(program)) out_.add("script-needs-shell", view_.span(first->words[0], first->span), fmt::format("'{}' {}", visible(program.substr(0, 80)), script ? "is a script of a shell" : "is a shell"), "start the program itself; what the script did belongs to the build, or to the program");
  }

  void form(const Instruction& of, bool mends) {
    if (!of.exec) {
      if (of.words.empty()) return;
      Remark& remark = out_.add("shell-form", of.span, fmt::format("{} is in shell form", of.keyword), fmt::format("{} [\"program\", \"argument\"]", of.keyword));
      const auto words = mends && !last_.shell && &of >= &view_.file.instructions[view_.file.stages[stage_].first] ? plain_words(of.words[0].text) : std::vector<std::string>{};
      const auto extent = of.words[0].extent();
      if (words.empty() || !extent || extent->second - extent->first != of.words[0].size()) return;
      std::vector<std::string> quoted;
      for (const std::string& each : words) quoted.push_back(fmt::format("\"{}\"", each));
      const std::string array = fmt::format("[{}]", join(quoted, ", "));
      remark.remedy = fmt::format("{} {}", of.keyword, array);
      remark.edits = {{extent->first, extent->second, array}};
      return;
    }
    if (of.words.empty() || is_shell(of.words[0].text)) return;
    for (const Traced& word : of.words) {
      if (!names_variable(word.text)) continue;
      out_.add("env-not-expanded", view_.span(word, of.span), fmt::format("'{}' in exec form stays as it is written", visible(word.text.substr(0, 80))), "let the program read its environment, or write the value down");
    }
  }

  void health() {
    if (last_.health == nullptr) {
      if (last_.port == nullptr) return;
      const std::string_view port = last_.port->words.empty() ? std::string_view() : std::string_view(last_.port->words[0].text);
      const std::string_view digits = port.substr(0, port.find_first_not_of("0123456789"));
      out_.add("health-missing", from_, "it has a port and no HEALTHCHECK",
               fmt::format("where the base's definition says `health`, HEALTHCHECK CMD [\"/usr/lib/ashlar/probe\", \"http\", \"http://127.0.0.1:{}/healthz\"]", digits.empty() ? "PORT" : digits));
      return;
    }
    const Instruction& of = *last_.health;
    if (of.words.size() < 2) return;  // NONE
    if (!of.exec) return shell_health(of);
    std::vector<std::string> words;
    for (std::size_t at = 1; at < of.words.size(); ++at) words.push_back(of.words[at].text);
    if (const auto needs = health_needs(words)) out_.add("health-shell", of.span, fmt::format("HEALTHCHECK needs '{}'", *needs), health_remedy(join(words, " ")));
  }

  void shell_health(const Instruction& of) {
    const Traced& text = of.words[1];
    Remark& remark = out_.add("health-shell", of.span, "HEALTHCHECK is in shell form", health_remedy(text.text));
    const auto words = last_.shell ? std::vector<std::string>{} : plain_words(without_exit(text.text));
    const auto extent = text.extent();
    if (words.empty() || health_needs(words) || !extent || extent->second - extent->first != text.size()) return;
    std::vector<std::string> quoted;
    for (const std::string& each : words) quoted.push_back(fmt::format("\"{}\"", each));
    remark.edits = {{extent->first, extent->second, fmt::format("[{}]", join(quoted, ", "))}};
    remark.remedy = fmt::format("HEALTHCHECK CMD {}", remark.edits[0].bytes);
  }

  void ports() {
    each_delivered([&](const Instruction& each, std::size_t stage) {
      if (each.keyword != "EXPOSE") return;
      for (const Traced& word : each.words) {
        const std::string value = view_.value(word, stage).value_or("");
        int port = 0;
        const auto end = std::from_chars(value.data(), value.data() + value.size(), port).ptr;
        if (end == value.data() || port <= 0 || port >= 1024) continue;
        out_.add("port-privileged", view_.span(word, each.span), fmt::format("port {} with a user that is not root", port), fmt::format("listen on {} and let whoever runs it publish it as {}", port < 100 ? 8000 + port : port == 443 ? 8443 : 10000 + port, port));
      }
    });
  }

  void repeated(std::size_t stage) {
    for (const char* keyword : {"CMD", "ENTRYPOINT", "HEALTHCHECK"}) {
      const Instruction* before = nullptr;
      for (std::size_t at = view_.file.stages[stage].first; at < view_.file.stages[stage].end; ++at) {
        const Instruction& each = view_.file.instructions[at];
        if (each.keyword != keyword) continue;
        if (before != nullptr) out_.add("command-repeated", before->span, fmt::format("this {} does not count: another one follows", keyword), "take it away");
        before = &each;
      }
    }
  }

  void volumes(std::size_t stage) {
    for (std::size_t at = view_.file.stages[stage].first; at < view_.file.stages[stage].end; ++at) {
      const Instruction& each = view_.file.instructions[at];
      if (each.keyword != "VOLUME") continue;
      for (const Traced& word : each.words) {
        const std::string path = view_.value(word, stage).value_or("");
        if (path.empty() || ++volumes_ > max_volumes || is_given(path)) continue;
        out_.add("volume-of-root", view_.span(word, each.span), fmt::format("nothing gives '{}' to the user", visible(path.substr(0, 200))), fmt::format("before VOLUME: COPY --chown, or RUN mkdir -p {0} && chown 65532 {0} in an earlier stage", visible(path.substr(0, 200))));
      }
    }
  }
  /// Whether some instruction speaks of the folder and of owners.
  bool is_given(std::string_view path) const {
    bool given = false;
    int looks = 0;
    each_delivered([&](const Instruction& each, std::size_t) {
      if (given || (each.keyword != "RUN" && each.keyword != "COPY" && each.keyword != "ADD") || ++looks > max_looks) return;
      const auto says = [&](std::string_view word) { return each.rest.text.find(word) != std::string::npos || std::ranges::any_of(each.heredocs, [&](const Heredoc& of) { return of.content.find(word) != std::string::npos; }); };
      const bool owns = each.keyword == "RUN" ? says("chown") || says("install ") : std::ranges::any_of(each.flags, [](const Flag& flag) { return flag.name == "chown"; });
      if (!owns) return;
      int depth = 0;
      for (std::string_view folder = path; folder.size() > 1 && !given && ++depth < 8; folder = folder.substr(0, folder.rfind('/'))) given = says(folder);
    });
    return given;
  }

  void scratch() {
    if (last_.base != "scratch") return;
    bool certificates = false, zones = false, accounts = false;
    each_delivered([&](const Instruction& each, std::size_t) {
      if (each.keyword != "COPY" && each.keyword != "ADD") return;
      for (std::size_t at = 0; at + 1 < each.words.size(); ++at) {
        const Traced& word = each.words[at];
        const auto has = [&](std::string_view part) { return word.text.find(part) != std::string::npos; };
        certificates = certificates || has("ca-cert") || has("/etc/ssl") || has("/etc/pki") || has(".pem") || has(".crt") || word.text == "/";
        zones = zones || has("zoneinfo") || word.text == "/";
        accounts = accounts || has("passwd") || word.text == "/";
      }
    });
    std::vector<std::string> lacks;
    if (!certificates) lacks.emplace_back("CA certificates");
    if (!zones) lacks.emplace_back("time zones");
    if (!accounts) lacks.emplace_back("/etc/passwd");
    if (!lacks.empty()) out_.add("scratch-lacks", from_, fmt::format("nothing brings {}", join(lacks, ", ")), "take `static` of the catalogue instead of scratch: it has them, and a user");
  }

  const DockerfileView& view_;
  const CheckOptions& options_;
  Remarks& out_;
  const StageView& last_;
  std::size_t stage_;
  Span from_;
  Root root_ = Root::Unknown;
  int volumes_ = 0;
};

}  // namespace

void check_delivered(const DockerfileView& view, const CheckOptions& options, Remarks& out) { Delivered(view, options, out).check(); }

}  // namespace ashlar::workload

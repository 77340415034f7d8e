#include "deb/apt_setup.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/control.h"

namespace ashlar::deb {
namespace {

std::vector<std::string> to_list(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (const std::string_view part : separator == ' ' ? words(text) : split(text, separator)) {
    if (!trim(part).empty()) out.emplace_back(trim(part));
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

void set_option(AptSource& source, std::string_view option) {
  const auto [name, value] = cut(option, '=');
  if (name == "arch") source.architectures = to_list(value, ',');
  if (name == "signed-by") source.signed_by = to_list(value, ',');
}

Result<AptSource> parse_line(std::string_view line, std::string_view path, size_t number) {
  const auto bad = [&](std::string_view why) { return cannot(Kind::Invalid, fmt::format("read line {} of '{}'", number, path), why); };
  AptSource source;
  std::string_view rest = trim(line.substr(3));
  if (rest.starts_with('[')) {
    const size_t close = rest.find(']');
    if (close == std::string_view::npos) return bad("its options have no closing ']'");
    for (const std::string_view option : words(rest.substr(1, close - 1))) set_option(source, option);
    rest = trim(rest.substr(close + 1));
  }
  const auto parts = words(rest);
  if (parts.size() < 2) return bad("it is not of the form 'deb [options] URI suite [component...]'");
  source.uris.push_back(without_slash(parts[0]));
  source.suites.emplace_back(parts[1]);
  source.components.assign(parts.begin() + 2, parts.end());
  if (source.components.empty() && !parts[1].ends_with('/')) return bad("it names no component");
  return source;
}

/// Reads apt.conf's statements: `name "value";`, and `name { ... };` around others.
class ConfReader {
 public:
  explicit ConfReader(std::string_view text) : text_(text) {}

  std::vector<ProxyRule> read() {
    while (at_ < text_.size()) step(text_[at_]);
    finish_statement();
    std::reverse(rules_.begin(), rules_.end());
    return std::move(rules_);
  }

 private:
  void step(char c) {
    const std::string_view rest = text_.substr(at_);
    if (c == '"') return read_quoted();
    if (c == '#' || rest.starts_with("//")) return skip_to("\n");
    if (rest.starts_with("/*")) return skip_to("*/");
    ++at_;
    if (c == '{') {
      finish_word();
      scopes_.push_back(statement_.empty() ? std::string() : statement_.front());
      statement_.clear();
    } else if (c == '}') {
      finish_statement();
      if (!scopes_.empty()) scopes_.pop_back();
    } else if (c == ';') {
      finish_statement();
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      finish_word();
    } else {
      word_ += c;
    }
  }
  void read_quoted() {
    const size_t end = std::min(text_.find('"', at_ + 1), text_.size());
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
  }
  void skip_to(std::string_view mark) {
    const size_t found = text_.find(mark, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + mark.size();
  }
  void finish_word() {
    if (!word_.empty()) statement_.push_back(std::move(word_));
    word_.clear();
  }
  void finish_statement() {
    finish_word();
    if (statement_.size() >= 2) {
      std::string name;
      for (const std::string& scope : scopes_) name += scope + "::";
      add(lower(name + statement_[0]), statement_[1]);
    }
    statement_.clear();
  }
  void add(std::string_view name, const std::string& value) {
    const auto parts = split(name, ':');  // `acquire::http::proxy::host` has empty parts between
    if (parts.size() < 5 || parts[0] != "acquire" || parts[4] != "proxy") return;
    const std::string host(parts.size() >= 7 ? parts[6] : std::string_view());
    rules_.push_back({std::string(parts[2]), host, lower(value) == "direct" ? std::string() : value});
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<std::string> scopes_, statement_;
  std::string word_;
  std::vector<ProxyRule> rules_;
};

/// The addresses of a list of mirrors (apt-transport-mirror(1)): the first word of each line.
std::vector<std::string> read_mirror_list(host::Files& files, const host::Path& path) {
  std::vector<std::string> out;
  const auto text = files.read(path);
  if (!text) return out;
  for (const std::string_view line : split(*text, '\n')) {
    const auto parts = words(line);
    if (!parts.empty() && !parts[0].starts_with('#')) out.push_back(without_slash(parts[0]));
  }
  return out;
}

/// Keeps what can be fetched from; lists of mirrors on this host stand for their mirrors.
void add_source(host::Files& files, AptSource source, AptSetup& out) {
  constexpr std::string_view list = "mirror+file:";
  std::vector<std::string> uris;
  for (const std::string& uri : source.uris) {
    std::vector<std::string> meant = {uri};
    if (uri.starts_with(list)) {
      const size_t path = uri.find_first_not_of('/', list.size());
      meant = path == std::string::npos ? std::vector<std::string>() : read_mirror_list(files, "/" + uri.substr(path));
      if (meant.empty()) out.skipped.push_back(uri);
    }
    for (std::string& each : meant) (can_fetch(each) ? uris : out.skipped).push_back(std::move(each));
  }
  source.uris = std::move(uris);
  if (!source.uris.empty()) out.sources.push_back(std::move(source));
}

std::vector<std::string> names_in(host::Files& files, const host::Path& folder) {
  auto names = files.list(folder);
  if (!names) return {};
  std::erase_if(*names, [](const std::string& name) { return name.starts_with('.'); });
  return std::move(*names);
}

}  // namespace

bool can_fetch(std::string_view url) {
  const bool known = url.starts_with("http://") || url.starts_with("https://") || url.starts_with("file:/");
  return known && url.find("$(") == std::string_view::npos;
}

std::string without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

std::vector<ProxyRule> parse_proxies(std::string_view text) { return ConfReader(text).read(); }

Result<std::vector<AptSource>> parse_source_list(std::string_view text, std::string_view path) {
  std::vector<AptSource> out;
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line.substr(0, line.find('#')));
    if (!line.starts_with("deb ") && !line.starts_with("deb\t")) {
      if (line.empty() || line.starts_with("deb-src")) continue;
      return cannot(Kind::Invalid, fmt::format("read line {} of '{}'", number, path), "it does not begin with 'deb'");
    }
    TRY_ASSIGN(auto source, parse_line(line, path, number));
    out.push_back(std::move(source));
  }
  return out;
}

Result<std::vector<AptSource>> parse_source_stanzas(std::string_view text, std::string_view path) {
  std::vector<AptSource> out;
  StanzaReader reader(text, path);
  Stanza stanza;
  for (;;) {
    TRY_ASSIGN(const bool more, reader.next(stanza));
    if (!more) return out;
    const auto types = words(stanza.get("Types"));
    if (trim(stanza.get("Enabled")) == "no" || std::find(types.begin(), types.end(), "deb") == types.end()) continue;
    AptSource source;
    for (const std::string_view url : words(stanza.get("URIs"))) source.uris.push_back(without_slash(url));
    source.suites = to_list(stanza.get("Suites"), ' ');
    source.components = to_list(stanza.get("Components"), ' ');
    source.architectures = to_list(stanza.get("Architectures"), ' ');
    if (stanza.get("Signed-By").find("PGP PUBLIC KEY") == std::string_view::npos) source.signed_by = to_list(stanza.get("Signed-By"), ' ');
    if (source.uris.empty() || source.suites.empty()) return cannot(Kind::Invalid, fmt::format("read sources '{}'", path), "a paragraph has no URIs or no Suites");
    out.push_back(std::move(source));
  }
}

AptSetup read_apt(host::Files& files, Progress& progress, const host::Path& folder) {
  AptSetup out;
  const auto take = [&](const host::Path& path, auto parse, auto keep) {
    if (!files.exists(path)) return;
    const auto text = files.read(path);
    if (!text) return progress.note(text.error().message);
    auto parsed = parse(*text, path.string());
    if (!parsed) return progress.note(parsed.error().message + "; it is passed over");
    keep(std::move(*parsed));
  };
  const auto add_sources = [&](std::vector<AptSource> sources) {
    for (AptSource& source : sources) add_source(files, std::move(source), out);
  };
  const auto add_logins = [&](std::vector<Login> logins) { out.access.logins.insert(out.access.logins.end(), logins.begin(), logins.end()); };
  const auto proxies = [](std::string_view text, std::string_view) -> Result<std::vector<ProxyRule>> { return parse_proxies(text); };
  const auto add_proxies = [&](std::vector<ProxyRule> rules) { out.access.proxies.insert(out.access.proxies.begin(), rules.begin(), rules.end()); };
  take(folder / "sources.list", parse_source_list, add_sources);
  for (const std::string& name : names_in(files, folder / "sources.list.d")) {
    if (name.ends_with(".list")) take(folder / "sources.list.d" / name, parse_source_list, add_sources);
    if (name.ends_with(".sources")) take(folder / "sources.list.d" / name, parse_source_stanzas, add_sources);
  }
  take(folder / "auth.conf", parse_logins, add_logins);
  for (const std::string& name : names_in(files, folder / "auth.conf.d")) {
    if (name.ends_with(".conf")) take(folder / "auth.conf.d" / name, parse_logins, add_logins);
  }
  for (const std::string& name : names_in(files, folder / "apt.conf.d")) {
    // apt reads names without an ending and those in .conf; the rest are left-overs of upgrades and editors.
    if (name.find('.') == std::string::npos || name.ends_with(".conf")) take(folder / "apt.conf.d" / name, proxies, add_proxies);
  }
  take(folder / "apt.conf", proxies, add_proxies);
  return out;
}

}  // namespace ashlar::deb

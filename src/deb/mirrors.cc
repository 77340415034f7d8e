#include "deb/mirrors.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/control.h"
#include "trust/openpgp.h"

namespace ashlar::deb {
namespace {

std::string without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

bool can_fetch(std::string_view url) { return url.starts_with("http://") || url.starts_with("https://") || url.starts_with("file:/"); }

std::vector<std::string> to_list(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (const std::string_view part : separator == ' ' ? words(text) : split(text, separator)) {
    if (!trim(part).empty()) out.emplace_back(trim(part));
  }
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
  for (size_t at = 2; at < parts.size(); ++at) source.components.emplace_back(parts[at]);
  if (source.components.empty() && !parts[1].ends_with('/')) return bad("it names no component");
  return source;
}

/// `Acquire::http::Proxy "..."` and its kin, out of lines of apt.conf; blocks in braces are followed by name.
void read_proxies(std::string_view text, std::vector<ProxyRule>& rules) {
  std::vector<std::string> scopes;
  std::string word;
  std::vector<std::string> statement;
  bool quoted = false;
  const auto finish_word = [&] {
    if (!word.empty()) statement.push_back(std::move(word));
    word.clear();
  };
  const auto finish_statement = [&] {
    finish_word();
    if (statement.size() >= 2) {
      std::string name;
      for (const std::string& scope : scopes) name += scope + "::";
      name += statement[0];
      const auto parts = split(name, ':');  // `Acquire::http::Proxy` has empty parts between
      if (parts.size() >= 5 && parts[0] == "Acquire" && parts[4] == "Proxy")
        rules.push_back({std::string(parts[2]), parts.size() >= 7 ? std::string(parts[6]) : std::string(), statement[1] == "DIRECT" ? std::string() : statement[1]});
    }
    statement.clear();
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '"') quoted = false;
      else word += c;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '#' || text.substr(at).starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '{') {
      finish_word();
      scopes.push_back(statement.empty() ? std::string() : statement[0]);
      statement.clear();
    } else if (c == '}') {
      finish_statement();
      if (!scopes.empty()) scopes.pop_back();
    } else if (c == ';') {
      finish_statement();
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      finish_word();
    } else {
      word += c;
    }
  }
}

std::vector<std::string> names_in(host::Files& files, const host::Path& folder, std::string_view suffix) {
  std::vector<std::string> out;
  if (const auto names = files.list(folder)) {
    for (const std::string& name : *names) {
      if (name.ends_with(suffix) && !name.starts_with('.')) out.push_back(name);
    }
  }
  return out;
}

/// Keyring files of `names` in folders of the host, or absolute.
std::vector<host::Path> find_keyrings(host::Files& files, const std::vector<std::string>& names, const std::vector<host::Path>& more) {
  std::vector<host::Path> folders, out;
  for (const host::Path& each : more) {
    const auto stat = files.stat(each);
    if (stat && stat->type == host::NodeType::Directory) folders.push_back(each);
    else if (stat) out.push_back(each);
  }
  if (!out.empty()) return out;
  for (const char* each : {"/usr/share/keyrings", "/etc/apt/keyrings", "/etc/apt/trusted.gpg.d"}) folders.emplace_back(each);
  for (const host::Path& folder : folders) {
    for (const std::string& pattern : names) {
      for (const std::string& name : names_in(files, folder, "")) {
        if (matches_glob(pattern, name)) out.push_back(folder / name);
      }
      if (!out.empty()) return out;  // one form of the same keys suffices
    }
  }
  for (const std::string& name : names) {
    if (name.starts_with('/') && files.exists(name)) out.emplace_back(name);
  }
  return out;
}

bool serves(const std::vector<std::string>& wanted, const std::vector<std::string>& have, std::string_view suffix) {
  return std::any_of(have.begin(), have.end(), [&](const std::string& suite) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& each) { return suite == each + std::string(suffix) || suite == each + std::string(suffix) + "/updates"; });
  });
}

/// The host's mirrors of the main archive or of the security archive.
std::vector<std::string> host_mirrors(const Distribution& distribution, const AptSetup& apt, bool security) {
  std::vector<std::string> suites = distribution.host_suites;
  suites.push_back(distribution.codename);
  std::vector<std::string> out;
  for (const AptSource& source : apt.sources) {
    if (!serves(suites, source.suites, security ? "-security" : "") && !(!security && serves(suites, source.suites, "-updates"))) continue;
    for (const std::string& url : source.uris) {
      if (can_fetch(url) && std::find(out.begin(), out.end(), url) == out.end()) out.push_back(url);
    }
  }
  return out;
}

std::vector<std::string> mirrors_of(const Distribution& distribution, const Distribution::Part& part, const MirrorChoice& choice, const AptSetup& apt) {
  std::vector<std::string> out;
  for (const std::string& asked : choice.asked) {
    const size_t equals = asked.find('=');
    const bool named = equals != std::string::npos && asked.find("://") > equals;
    const std::string name = named ? asked.substr(0, equals) : std::string();
    const bool ours = named ? name == part.archive || (name == "security" && part.security) : !part.security;
    if (ours) out.push_back(without_slash(named ? std::string_view(asked).substr(equals + 1) : std::string_view(asked)));
  }
  if (!out.empty()) return out;
  if (const auto found = choice.configured.find(part.archive); found != choice.configured.end()) return found->second;
  return choice.asked.empty() ? host_mirrors(distribution, apt, part.security) : out;
}

std::string plain_fingerprint(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

/// A key file by URL, from the cache when it was fetched before and its key is accepted.
Result<host::Path> fetch_key(host::Machine& machine, const ThirdParty& wanted, const std::string& url, const Access& access, const host::Path& cache, bool offline,
                             std::vector<std::string>& signers) {
  const std::string what = fmt::format("use keyring '{}'", public_url(url));
  const host::Path path = cache / "keyrings" / Digest::of(url).hex();
  std::string bytes;
  if (machine.files->exists(path)) {
    TRY_ASSIGN(bytes, machine.files->read(path));
  } else {
    if (offline) return cannot(Kind::Unavailable, what, "it is not in the cache");
    host::HttpRequest request = access.request(url);
    request.limit = 4 << 20;
    MemorySink sink;
    TRY_ASSIGN(const auto response, machine.http->get(request, sink));
    if (response.status != 200) return cannot(Kind::Unavailable, what, fmt::format("the server answers {}", response.status));
    bytes = std::string(as_text(sink.bytes));
  }
  TRY_ASSIGN(const auto found, trust::fingerprints(bytes));
  std::vector<std::string> accepted;
  for (const std::string& each : wanted.accepted) {
    if (std::find(found.begin(), found.end(), plain_fingerprint(each)) != found.end()) accepted.push_back(plain_fingerprint(each));
  }
  if (accepted.empty())
    return cannot(Kind::Denied, what, fmt::format("nobody has accepted its key; when you know it to be right, pass --accept-key {}", fmt::join(found, " or ")));
  signers.insert(signers.end(), accepted.begin(), accepted.end());
  TRY(machine.files->write(path, bytes));
  return path;
}

}  // namespace

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
    if (!parsed) return progress.note(parsed.error().message + "; skipped");
    keep(std::move(*parsed));
  };
  const auto add_sources = [&](std::vector<AptSource> sources) {
    for (AptSource& source : sources) {
      std::erase_if(source.uris, [](const std::string& url) { return !can_fetch(url); });
      if (!source.uris.empty()) out.sources.push_back(std::move(source));
    }
  };
  const auto add_logins = [&](std::vector<Login> logins) { out.access.logins.insert(out.access.logins.end(), logins.begin(), logins.end()); };
  const auto proxies = [&](std::string_view text, std::string_view) -> Result<std::vector<ProxyRule>> {
    std::vector<ProxyRule> rules;
    read_proxies(text, rules);
    return rules;
  };
  const auto add_proxies = [&](std::vector<ProxyRule> rules) { out.access.proxies.insert(out.access.proxies.begin(), rules.begin(), rules.end()); };
  take(folder / "sources.list", parse_source_list, add_sources);
  for (const std::string& name : names_in(files, folder / "sources.list.d", "")) {
    if (name.ends_with(".list")) take(folder / "sources.list.d" / name, parse_source_list, add_sources);
    if (name.ends_with(".sources")) take(folder / "sources.list.d" / name, parse_source_stanzas, add_sources);
  }
  take(folder / "auth.conf", parse_logins, add_logins);
  for (const std::string& name : names_in(files, folder / "auth.conf.d", ".conf")) take(folder / "auth.conf.d" / name, parse_logins, add_logins);
  for (const std::string& name : names_in(files, folder / "apt.conf.d", "")) take(folder / "apt.conf.d" / name, proxies, add_proxies);
  take(folder / "apt.conf", proxies, add_proxies);
  return out;
}

Result<std::vector<Archive>> distribution_archives(host::Files& files, const Distribution& distribution, const MirrorChoice& choice, const AptSetup& apt, Progress& progress) {
  const std::string what = fmt::format("reach the archives of '{}'", distribution.name);
  const auto keyrings = find_keyrings(files, distribution.keyrings, choice.keyrings);
  if (keyrings.empty())
    return cannot(Kind::NotFound, what, fmt::format("no keyring of it is on this machine; install package '{}' or name the keyring in the configuration", distribution.keyring_package));
  std::vector<std::string> main;
  std::vector<Archive> out;
  for (const Distribution::Part& part : distribution.parts) {
    std::vector<std::string> mirrors = mirrors_of(distribution, part, choice, apt);
    if (mirrors.empty() && part.security && !main.empty()) {
      for (const std::string& url : main) mirrors.push_back(url + "-security");
      progress.note(fmt::format("no mirror of '{}' is configured; trying '{}'", part.archive, public_url(mirrors.front())));
    }
    if (mirrors.empty()) return cannot(Kind::NotFound, what, fmt::format("no mirror of '{}' is known: this host's apt names none; pass --mirror URL or name it in the configuration", part.archive));
    if (main.empty() && !part.security) main = mirrors;
    for (const std::string& suite : part.suites) {
      Archive archive;
      archive.name = part.archive;
      archive.suite = suite;
      archive.components = distribution.components;
      archive.mirrors = mirrors;
      archive.keyrings = keyrings;
      archive.security = part.security;
      out.push_back(std::move(archive));
    }
  }
  return out;
}

Result<std::vector<Archive>> third_party_archives(host::Machine& machine, const ThirdParty& wanted, const Access& access, const host::Path& cache, bool offline) {
  std::vector<std::string> signers;
  std::vector<host::Path> keyrings;
  for (const std::string& url : wanted.keyrings) {
    TRY_ASSIGN(auto path, fetch_key(machine, wanted, url, access, cache, offline, signers));
    keyrings.push_back(std::move(path));
  }
  std::vector<Archive> out;
  for (const std::string& line : wanted.lines) {
    TRY_ASSIGN(const auto sources, parse_source_list(line, "repositories"));
    for (const AptSource& source : sources) {
      Archive archive;
      const std::string url = public_url(source.uris.front());
      const size_t mark = url.find("://");
      archive.name = mark == std::string::npos ? url : url.substr(mark + 3);
      archive.suite = source.suites.front();
      archive.components = source.components;
      archive.mirrors = source.uris;
      archive.architectures = source.architectures;
      archive.signers = signers;
      archive.keyrings = keyrings;
      if (keyrings.empty()) {
        std::vector<std::string> named = source.signed_by;
        archive.keyrings = named.empty() ? wanted.fallback_keyrings : find_keyrings(*machine.files, named, wanted.keyring_folders);
      }
      if (archive.keyrings.empty()) return cannot(Kind::NotFound, fmt::format("reach repository '{}'", archive.name), "it has no keyring; name one under 'keyring'");
      out.push_back(std::move(archive));
    }
  }
  return out;
}

}  // namespace ashlar::deb

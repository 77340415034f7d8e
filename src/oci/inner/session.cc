#include "oci/inner/session.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "oci/inner/challenge.h"

namespace ashlar::oci {
namespace {

constexpr size_t max_token = 1 << 20;
constexpr std::int64_t longest_pause_ms = 10'000, longest_wait_s = 60;

bool is_loopback(std::string_view host) {
  const std::string_view name = host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  return name == "localhost" || name.ends_with(".localhost") || name == "[::1]" || (name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos);
}

/// Host and port of an address; the port that the scheme implies is left out.
std::string_view host_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view port = url.starts_with("https:") ? ":443" : ":80";
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.ends_with(port)) url.remove_suffix(port.size());
  return url;
}

/// As a part of a query or a form (RFC 3986, section 2.3: unreserved as they are).
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || (c != '\0' && std::string_view("-._~").find(c) != std::string_view::npos)) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string basic(const std::string& user, const std::string& password) { return "Basic " + to_base64(as_bytes(user + ":" + password)); }

/// What a server says in words, fit to be shown.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 200)) out += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
  return is_utf8(out) ? out : std::string();
}

/// The codes and messages of an answer (distribution-spec, "Error Codes"), or empty.
std::string reasons_of(std::string_view page) {
  const auto json = parse_json(page, "answer");
  if (!json || !json->is_object()) return {};
  const auto errors = json->find("errors");
  if (errors == json->end() || !errors->is_array()) return {};
  std::vector<std::string> out;
  for (const Json& each : *errors) {
    if (!each.is_object() || out.size() == 3) continue;
    const std::string code = get_string_or_empty(each, "code").value_or(""), message = get_string_or_empty(each, "message").value_or("");
    out.push_back(shown(message.empty() ? code : message));
  }
  return join(out, "; ");
}

/// Seconds that a header Retry-After asks for (RFC 9110, 10.2.3), if it says any.
std::optional<std::int64_t> retry_after(const host::HttpResponse& answer, Time now) {
  const auto found = answer.headers.find("retry-after");
  if (found == answer.headers.end()) return std::nullopt;
  std::int64_t seconds = 0;
  const char* const end = found->second.data() + found->second.size();
  if (const auto [at, fault] = std::from_chars(found->second.data(), end, seconds); fault == std::errc() && at == end && seconds >= 0) return seconds;
  const auto time = Time::parse_mail(found->second);
  return time ? std::optional(std::max<std::int64_t>(0, time->seconds - now.seconds)) : std::nullopt;
}

}  // namespace

bool may_pass(int status) { return (status / 100 == 5 && status != 501) || status == 408 || status == 429; }

std::unexpected<Error> refusal(std::string_view what, const host::HttpResponse& response) {
  const std::string said = reasons_of(response.page);
  const std::string words = said.empty() ? fmt::format("the registry answers {}", response.status) : fmt::format("the registry answers {}: {}", response.status, said);
  if (response.status == 401 || response.status == 403) return cannot(Kind::Unavailable, what, words + "; a login for it goes into auth.json, as `skopeo login` writes it");
  return cannot(response.status == 404 ? Kind::NotFound : Kind::Unavailable, what, words);
}

Result<std::unique_ptr<Session>> Session::open(host::Machine& machine, std::string host, std::string repository, Patience patience) {
  TRY_ASSIGN(const auto known, alias_of(machine, host));
  Alias alias = known.value_or(Alias{host});
  if (!alias.folder.empty() && repository.find('/') == std::string::npos) repository = fmt::format("{}/{}", alias.folder, repository);
  auto out = std::unique_ptr<Session>(new Session(machine, std::move(host), std::move(alias), std::move(repository), patience));
  TRY(out->find_certificates());
  const std::string said = machine.environment("ASHLAR_PLAIN_HTTP").value_or("");
  out->plain_ = said.empty() ? is_loopback(out->alias_.reached) && out->tls_ == host::HttpTls() : said != "0";
  return out;
}

Done Session::find_certificates() {
  std::vector<host::Path> folders = {"/etc/containers/certs.d", "/etc/docker/certs.d"};
  if (const auto home = machine_.environment("HOME"); home && !home->empty()) folders.insert(folders.begin(), host::Path(*home) / ".config/containers/certs.d");
  for (const host::Path& each : folders) {
    const host::Path folder = each / host_;
    if (!machine_.files->exists(folder)) continue;
    TRY_ASSIGN(const auto names, machine_.files->list(folder));
    for (const std::string& name : names) {
      if (name.ends_with(".crt")) {
        TRY_ASSIGN(const std::string pem, machine_.files->read(folder / name));
        tls_.authorities += pem + "\n";
      } else if (name.ends_with(".cert")) {
        const host::Path key = folder / (name.substr(0, name.size() - 5) + ".key");
        if (!machine_.files->exists(key)) return cannot(Kind::NotFound, fmt::format("use certificate '{}'", (folder / name).string()), fmt::format("its key '{}' is not there", key.string()));
        tls_.certificate = folder / name;
        tls_.key = key;
      }
    }
    return {};
  }
  return {};
}

std::string Session::own_host() const { return std::string(host_of(url(""))); }

bool Session::is_ours(std::string_view url) const { return host_of(url) == own_host() && (plain_ || url.starts_with("https://")); }

std::string Session::url(std::string_view rest) const { return fmt::format("{}://{}/v2/{}/{}", plain_ ? "http" : "https", alias_.reached, repository_, rest); }

Result<std::string> Session::resolve(const std::string& asked, std::string_view target) const {
  // A registry behind a proxy that ends HTTPS may not know that it does.
  if (!plain_ && target.starts_with("http://") && host_of(target) == own_host()) return "https" + std::string(target.substr(4));
  if (target.starts_with("https://") || target.starts_with("http://")) return std::string(target);
  const size_t path = asked.find('/', asked.find("://") + 3);
  const std::string origin = asked.substr(0, path);
  if (target.starts_with("//")) return asked.substr(0, asked.find(':') + 1) + std::string(target);
  if (target.starts_with('/')) return origin + std::string(target);
  const std::string whole = asked.substr(0, asked.find('?'));
  if (target.starts_with('?')) return whole + std::string(target);
  if (target.empty() || target.find(':') < target.find('/')) return cannot(Kind::Invalid, fmt::format("follow '{}'", shown(target)), "the registry leads to no address of HTTP");
  return whole.substr(0, whole.rfind('/') + 1) + std::string(target);
}

void Session::read_also(const std::string& repository) {
  const std::scoped_lock hold(mutex_);
  if (read_also_.insert(repository).second) authorization_.clear();
}

std::string Session::authorization() {
  const std::scoped_lock hold(mutex_);
  return authorization_;
}

namespace {

/// A lock whose file goes with it: there is one for each tag that was ever changed.
class Turn final : public host::FileLock {
 public:
  Turn(host::Files& files, host::Path path, std::unique_ptr<host::FileLock> lock) : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() override { (void)files_.remove(path_); }

 private:
  host::Files& files_;
  host::Path path_;
  std::unique_ptr<host::FileLock> lock_;
};

}  // namespace

std::unique_ptr<host::FileLock> Session::take_turn(const std::string& tag) {
  const auto folders = host::folders(machine_);
  if (!folders) return nullptr;
  const host::Path folder = folders->cache / "turns", path = folder / (Digest::of(url("manifests/" + tag)).hex().substr(0, 32) + ".lock");
  if (!machine_.files->make_folders(folder)) return nullptr;
  auto lock = machine_.files->lock(path);
  return lock ? std::make_unique<Turn>(*machine_.files, path, std::move(*lock)) : nullptr;
}

bool Session::wait(int round, const host::HttpResponse* answer) {
  if (round + 1 >= patience_.attempts) return false;
  thread_local std::minstd_rand random(std::random_device{}());
  const auto named = answer == nullptr ? std::nullopt : retry_after(*answer, machine_.clock->now());
  if (named && *named > longest_wait_s) return false;
  const std::int64_t whole = std::min(longest_pause_ms, static_cast<std::int64_t>(patience_.first_pause_ms) << std::min(round, 10));
  const std::int64_t pause = named ? *named * 1000 : whole / 2 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(whole / 2 + 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(pause));
  return true;
}

Result<host::HttpResponse> Session::send(host::HttpRequest request, Sink& sink, const host::Http::Begin& begin, OnTrouble trouble) {
  const bool ours = is_ours(request.url);  // an upload's address may lie elsewhere
  request.tls = ours ? tls_ : host::HttpTls();
  bool logged_in = false;
  for (int round = 0;;) {
    const std::string used = ours ? authorization() : std::string();
    if (used.empty()) request.headers.erase("authorization");
    else request.headers["authorization"] = used;
    auto response = machine_.http->send(request, sink, begin);
    if (response && response->status == 401 && ours && !logged_in) {
      TRY_ASSIGN(logged_in, log_in(*response, used));
      if (logged_in) continue;
    }
    const bool again = response ? may_pass(response->status) : response.error().kind == Kind::Unavailable;
    if (!again || trouble == OnTrouble::Tell || !wait(round++, response ? &*response : nullptr)) return response;
  }
}

Result<host::HttpResponse> Session::ask(host::HttpRequest request, std::string& body, size_t limit, OnTrouble trouble) {
  MemorySink sink;
  request.limit = limit;
  auto response = send(std::move(request), sink, [&](const host::HttpResponse&) -> Done { return sink.bytes.clear(), Done(); }, trouble);
  body.assign(as_text(sink.bytes));
  return response;
}

Result<bool> Session::log_in(const host::HttpResponse& response, const std::string& used) {
  const std::scoped_lock hold(mutex_);
  if (authorization_ != used) return true;  // another thread has meanwhile
  const auto header = response.headers.find("www-authenticate");
  if (header == response.headers.end()) return false;
  TRY_ASSIGN(const auto challenges, parse_challenges(header->second));
  if (!asked_for_login_) {
    TRY_ASSIGN(login_, find_login(machine_, fmt::format("{}/{}", host_, repository_), alias_.login));
    asked_for_login_ = true;
  }
  TRY_ASSIGN(authorization_, answer_challenges(challenges));
  return !authorization_.empty() && authorization_ != used;
}

Result<std::string> Session::answer_challenges(const std::vector<Challenge>& challenges) {
  // A token first: it is for this repository alone.
  for (const Challenge& each : challenges) {
    if (each.scheme != "bearer" || !each.parameters.contains("realm")) continue;
    TRY_ASSIGN(const std::string token, fetch_token(each));
    return "Bearer " + token;
  }
  for (const Challenge& each : challenges) {
    if (each.scheme == "basic" && login_ && login_->identity_token.empty()) return basic(login_->user, login_->password);
  }
  return std::string();
}

/// The token that a challenge wants (distribution, docs/spec/auth/token.md and oauth.md).
Result<std::string> Session::fetch_token(const Challenge& challenge) {
  const auto parameter = [&](const char* name) { return challenge.parameters.contains(name) ? challenge.parameters.at(name) : std::string(); };
  const std::string realm = parameter("realm"), service = parameter("service"), scope = parameter("scope");
  const std::string what = fmt::format("get a token for '{}/{}'", host_, repository_);
  const bool secure = realm.starts_with("https://") || (realm.starts_with("http://") && (plain_ || is_loopback(host_of(realm))));
  if (!secure) return cannot(Kind::Invalid, what, fmt::format("the registry leads to '{}', which is no address of HTTPS", shown(realm)));
  std::vector<std::string> scopes;
  for (const std::string_view each : words(scope)) scopes.emplace_back(each);
  if (scopes.empty()) scopes.push_back(fmt::format("repository:{}:pull", repository_));
  for (const std::string& each : read_also_) scopes.push_back(fmt::format("repository:{}:pull", each));
  host::HttpRequest request;
  request.limit = max_token;
  if (host_of(realm) == own_host()) request.tls = tls_;
  std::string form;
  if (login_ && !login_->identity_token.empty()) {
    form = fmt::format("grant_type=refresh_token&client_id=ashlar&service={}&scope={}&refresh_token={}", escaped(service), escaped(join(scopes, " ")), escaped(login_->identity_token));
    request.method = "POST";
    request.url = realm;
    request.headers["content-type"] = "application/x-www-form-urlencoded";
    request.body = {form.size(), [&form]() -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(as_bytes(form)); }};
  } else {
    request.url = realm + (realm.find('?') == std::string::npos ? "?" : "&") + "service=" + escaped(service);
    for (const std::string& each : scopes) request.url += "&scope=" + escaped(each);
    if (login_) request.headers["authorization"] = basic(login_->user, login_->password);
  }
  for (int round = 0;;) {
    MemorySink sink;
    const auto response = machine_.http->send(request, sink, {});
    const bool again = response ? may_pass(response->status) : response.error().kind == Kind::Unavailable;
    if (again && wait(round++, response ? &*response : nullptr)) continue;
    if (!response) return cannot(what, response.error());
    if (response->status / 100 != 2) return refusal(what, *response);
    const auto json = parse_json(as_text(sink.bytes), "token");
    if (!json || !json->is_object()) return cannot(Kind::Corrupt, what, "the answer is no JSON object");
    for (const char* key : {"token", "access_token"}) {
      const std::string token = get_string_or_empty(*json, key).value_or("");
      if (!token.empty() && token.find_first_of("\r\n") == std::string::npos) return token;
    }
    return cannot(Kind::Corrupt, what, "the answer has no token");
  }
}

}  // namespace ashlar::oci

#include "prove/inner/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::prove {
namespace {

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_base64(char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; }

/// Characters that the rest of a token may have.
enum class Set { Upper, Alnum, Word, Hex, Base64, Lower };
bool within(Set set, char c) {
  switch (set) {
    case Set::Upper: return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7') || (c >= '0' && c <= '9');
    case Set::Lower: return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    case Set::Alnum: return is_alnum(c);
    case Set::Word: return is_alnum(c) || c == '_' || c == '-';
    case Set::Hex: return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    case Set::Base64: return is_base64(c);
  }
  return false;
}

struct Token {
  std::string_view begin, what;
  Set set;
  size_t least, most;  ///< characters after `begin`
};

// Forms that the issuers document, so that scanners can find them.
constexpr std::array tokens = {
    Token{"AKIA", "an access key of AWS", Set::Upper, 16, 16},
    Token{"ASIA", "a temporary access key of AWS", Set::Upper, 16, 16},
    Token{"ghp_", "a token of GitHub", Set::Alnum, 36, 255},
    Token{"gho_", "a token of GitHub", Set::Alnum, 36, 255},
    Token{"ghu_", "a token of GitHub", Set::Alnum, 36, 255},
    Token{"ghs_", "a token of GitHub", Set::Alnum, 36, 255},
    Token{"ghr_", "a token of GitHub", Set::Alnum, 36, 255},
    Token{"github_pat_", "a token of GitHub", Set::Word, 82, 82},
    Token{"glpat-", "a token of GitLab", Set::Word, 20, 300},
    Token{"gldt-", "a deploy token of GitLab", Set::Word, 20, 300},
    Token{"glrt-", "a runner token of GitLab", Set::Word, 20, 300},
    Token{"xoxb-", "a token of Slack", Set::Word, 24, 255},
    Token{"xoxp-", "a token of Slack", Set::Word, 24, 255},
    Token{"xapp-", "a token of Slack", Set::Word, 24, 255},
    Token{"AIza", "a key of Google", Set::Word, 35, 35},
    Token{"GOCSPX-", "a client secret of Google", Set::Word, 28, 28},
    Token{"sk_live_", "a key of Stripe", Set::Alnum, 24, 255},
    Token{"rk_live_", "a key of Stripe", Set::Alnum, 24, 255},
    Token{"npm_", "a token of npm", Set::Alnum, 36, 36},
    Token{"pypi-AgEIcHlwaS5vcmc", "a token of PyPI", Set::Word, 50, 255},
    Token{"dckr_pat_", "a token of Docker Hub", Set::Word, 27, 64},
    Token{"dop_v1_", "a token of DigitalOcean", Set::Hex, 64, 64},
    Token{"hvs.", "a token of Vault", Set::Word, 24, 255},
    Token{"sk-ant-api", "a key of Anthropic", Set::Word, 80, 255},
    Token{"sk-proj-", "a key of OpenAI", Set::Word, 40, 255},
    Token{"AGE-SECRET-KEY-1", "a key of age", Set::Upper, 58, 58},
    Token{"AccountKey=", "a storage key of Azure", Set::Base64, 86, 90},
    Token{"lin_api_", "a key of Linear", Set::Alnum, 40, 40},
    Token{"shpat_", "a token of Shopify", Set::Hex, 32, 32},
};
constexpr std::string_view putty = "PuTTY-User-Key-File-", aws_secret = "aws_secret_access_key", pgp = "PGP PRIVATE KEY BLOCK";

std::vector<std::string_view> collect() {
  std::vector<std::string_view> out;
  for (const Token& each : tokens) {
    if (each.begin.size() >= 4) out.push_back(each.begin);
  }
  for (const std::string_view each : {std::string_view("PRIVATE KEY-----"), pgp, putty, aws_secret}) out.push_back(each);
  return out;
}

/// A fill-in of documentation, as `AKIAIOSFODNN7EXAMPLE` or a row of one letter.
bool is_filler(std::string_view value) {
  if (value.find("EXAMPLE") != std::string_view::npos || value.find("example") != std::string_view::npos) return true;
  std::array<bool, 256> seen{};
  size_t kinds = 0;
  for (const char c : value) {
    if (!std::exchange(seen[static_cast<unsigned char>(c)], true)) ++kinds;
  }
  return kinds < std::min<size_t>(8, value.size() / 2);
}

std::optional<std::string> judge_token(const Token& token, std::string_view in, size_t at) {
  if (at > 0 && (is_alnum(in[at - 1]) || in[at - 1] == '_')) return std::nullopt;
  const size_t begin = at + token.begin.size();
  size_t end = begin;
  while (end < in.size() && end - begin <= token.most && within(token.set, in[end])) ++end;
  if (end - begin < token.least || end - begin > token.most || is_filler(in.substr(begin, end - begin))) return std::nullopt;
  return std::string(token.what);
}

/// White space within a PEM body; in JSON and in source texts line ends are written as `\n`.
size_t skip_line_end(std::string_view in, size_t at) {
  const size_t before = at;
  while (at < in.size()) {
    if (in[at] == '\r' || in[at] == '\n' || in[at] == ' ' || in[at] == '\t') ++at;
    else if (in[at] == '\\' && at + 1 < in.size() && (in[at + 1] == 'n' || in[at + 1] == 'r')) at += 2;
    else break;
  }
  return at - before;
}

/// Base64 that follows the head at `at`, past headers of RFC 1421 (`Proc-Type: 4,ENCRYPTED`) and of OpenPGP.
size_t body_size(std::string_view in, size_t at) {
  size_t size = 0;
  const size_t end = std::min(in.size(), at + 16384);
  for (int lines = 0; at < end && lines < 8; ++lines) {
    const size_t skipped = skip_line_end(in, at);
    if (skipped == 0) return size;
    at += skipped;
    const size_t colon = in.substr(at, 40).find(": ");
    if (size == 0 && colon != std::string_view::npos && colon < in.substr(at, 80).find_first_of("\r\n\\")) {
      at = std::min(end, at + in.substr(at, 512).find_first_of("\r\n\\"));
      continue;
    }
    size_t line = 0;
    while (at < end && is_base64(in[at])) ++at, ++line;
    size += line;
    if (line == 0) break;
  }
  return size;
}

std::optional<std::string> judge_pem(std::string_view in, size_t at, size_t length, std::string_view name) {
  const size_t line = in.rfind("-----BEGIN ", at);
  if (line == std::string_view::npos || at - line > 40) return std::nullopt;
  size_t body = at + length;
  if (name == pgp) body += in.substr(body).starts_with("-----") ? 5 : 0;
  if (body_size(in, body) < 40) return std::nullopt;
  std::string kind(in.substr(line + 11, at - line - 11));
  while (kind.ends_with(' ')) kind.pop_back();
  if (name == pgp) return "a private key of OpenPGP";
  return kind.empty() ? "a private key in PEM (PKCS #8)" : fmt::format("a private key in PEM ({})", kind);
}

std::optional<std::string> judge_aws(std::string_view in, size_t at) {
  size_t value = at + aws_secret.size();
  while (value < in.size() && value < at + aws_secret.size() + 8 && (in[value] == ' ' || in[value] == '=' || in[value] == ':' || in[value] == '"' || in[value] == '\'')) ++value;
  size_t end = value;
  while (end < in.size() && is_base64(in[end]) && end - value < 41) ++end;
  if (value == at + aws_secret.size() || end - value != 40 || is_filler(in.substr(value, 40))) return std::nullopt;
  return "a secret key of AWS";
}

/// DER of PKCS #8 (RFC 5958 section 2) or PKCS #1 and SEC 1: a SEQUENCE that begins with a small version.
std::optional<std::string> der_key(std::string_view content) {
  if (content.size() < 48 || content.size() > 16384 || static_cast<unsigned char>(content[0]) != 0x30) return std::nullopt;
  size_t at = 2;
  const auto length = static_cast<unsigned char>(content[1]);
  size_t total = length;
  if (length == 0x81) total = static_cast<unsigned char>(content[2]), at = 3;
  else if (length == 0x82) total = static_cast<size_t>(static_cast<unsigned char>(content[2])) << 8 | static_cast<unsigned char>(content[3]), at = 4;
  else if (length > 0x80) return std::nullopt;
  if (at + total != content.size()) return std::nullopt;
  const std::string_view inner = content.substr(at);
  using namespace std::string_view_literals;
  if (inner.starts_with("\x02\x01\x00\x30"sv) && inner.substr(4, 3).find('\x06') != std::string_view::npos) return "a private key in DER (PKCS #8)";
  if (inner.starts_with("\x02\x01\x00\x02\x82"sv) || inner.starts_with("\x02\x01\x00\x02\x81"sv)) return "a private key in DER (PKCS #1)";
  if (inner.starts_with("\x02\x01\x01\x04\x20"sv) || inner.starts_with("\x02\x01\x01\x04\x30"sv)) return "a private key in DER (SEC 1)";
  return std::nullopt;
}

std::optional<std::string> password_hash(std::string_view content) {
  for (const std::string_view line : split(content, '\n')) {
    const std::string_view hash = cut(cut(line, ':').second, ':').first;
    if (hash.size() > 12 && hash.starts_with('$')) return fmt::format("the password of '{}'", cut(line, ':').first);
  }
  return std::nullopt;
}

bool has_value(std::string_view content, std::string_view key, size_t least) {
  const size_t at = content.find(key);
  if (at == std::string_view::npos) return false;
  const std::string_view rest = content.substr(at + key.size());
  const size_t value = rest.find_first_not_of(" \t=:\"'");
  if (value == std::string_view::npos || rest.substr(0, value).find('\n') != std::string_view::npos) return false;
  const std::string_view text = rest.substr(value, rest.substr(value).find_first_of(" \t\r\n\"'"));
  return text.size() >= least && !text.starts_with('$');
}

}  // namespace

std::span<const std::string_view> secret_texts() {
  static const std::vector<std::string_view> texts = collect();
  return texts;
}

std::optional<std::string> judge_secret(std::string_view in, size_t at, size_t which) {
  const std::string_view text = secret_texts()[which];
  if (text.starts_with("PRIVATE KEY")) return judge_pem(in, at, text.size(), text);
  if (text == pgp) return judge_pem(in, at, text.size(), text);
  if (text == aws_secret) return judge_aws(in, at);
  if (text == putty) {
    // `PuTTY-User-Key-File-3: ssh-ed25519`; programs that read such keys have the words alone.
    const std::string_view rest = in.substr(at, 4096), format = rest.substr(putty.size(), 2);
    const bool numbered = format.size() == 2 && format[0] >= '1' && format[0] <= '9' && format[1] == ':';
    return !numbered || rest.find("Private-Lines:") == std::string_view::npos ? std::nullopt : std::optional<std::string>("a private key of PuTTY");
  }
  const auto token = std::find_if(tokens.begin(), tokens.end(), [&](const Token& each) { return each.begin == text; });
  return judge_token(*token, in, at);
}

std::optional<std::string> secret_file(std::string_view path, std::string_view content) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if ((name == ".netrc" || name == "_netrc") && has_value(content, "password", 1)) return "a password in a netrc file";
  if (name == ".dockercfg" && (has_value(content, "\"auth\"", 4))) return "credentials of a registry";
  if ((path.ends_with(".docker/config.json") || name == "auth.json" || name == ".dockerconfigjson") && (has_value(content, "\"auth\"", 4) || has_value(content, "\"identitytoken\"", 4)))
    return "credentials of a registry";
  if (name == ".git-credentials" && content.find("://") != std::string_view::npos && content.find('@') != std::string_view::npos) return "credentials of git";
  if (name == ".npmrc" && (has_value(content, "_authToken", 8) || has_value(content, "_password", 4))) return "credentials of npm";
  if (name == ".pypirc" && has_value(content, "password", 1)) return "a password of a package index";
  if (name == ".pgpass" && std::count(content.begin(), content.end(), ':') >= 4) return "a password of PostgreSQL";
  if (name == ".my.cnf" && has_value(content, "password", 1)) return "a password of MySQL";
  if (path.find(".aws/credentials") != std::string_view::npos && has_value(content, "aws_secret_access_key", 16)) return "credentials of AWS";
  if (name.ends_with("kubeconfig") || path.ends_with(".kube/config")) {
    if (has_value(content, "client-key-data", 20) || has_value(content, "token", 20)) return "credentials of Kubernetes";
  }
  if (path == "etc/shadow" || path == "etc/shadow-" || path == "etc/gshadow") return password_hash(content);
  if (name == ".htpasswd") return password_hash(content);
  return der_key(content);
}

bool is_secret_name(std::string_view variable) {
  std::string upper(variable);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper.ends_with("_FILE") || upper.ends_with("_PATH") || upper.ends_with("_DIR")) return false;
  for (const std::string_view end : {"PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIALS", "SECRET_KEY"}) {
    if (upper.ends_with(end)) return true;
  }
  return false;
}

}  // namespace ashlar::prove

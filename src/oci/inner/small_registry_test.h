#pragma once
// For tests: a registry in memory behind MemoryHttp, with the logins and the limits that real ones have.
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "host/memory.h"
#include "oci/image.h"

namespace ashlar::oci::trial {

/// `https://registry.example/v2/...`, and the token server `https://auth.example/token`.
class SmallRegistry {
 public:
  enum class Auth : unsigned char { None, Basic, Bearer };
  Auth auth = Auth::None;
  std::string user = "user", password = "hunter2", identity;  ///< who may come in; of nobody's when both are empty
  bool anonymous_pull = false;                             ///< a token without a login may pull
  bool has_referrers = true, lists_uploads = true, sends_digest = true, mounts = true, deletes = true;
  bool untags = true;  ///< a manifest that is deleted takes its tags along; else it stays for as long as it has one
  size_t page = 1000, chunk_limit = SIZE_MAX;              ///< tags on a page; bytes of one request's body, beyond which it answers 413
  int busy = 0;                                            ///< the next so many requests are answered 503
  std::string retry_after;
  int refuse_manifests = 0;                                ///< of the next so many manifests it says that their blobs are unknown
  std::function<void(const std::string& line)> then;       ///< is told each line of the log, and may change what lies here

  struct Repository {
    std::map<std::string, std::string> blobs;                          ///< by digest
    std::map<std::string, std::pair<std::string, std::string>> manifests;  ///< type and text by digest
    std::map<std::string, std::string> tags;                           ///< digests
    std::map<std::string, std::string> uploads;                        ///< what came so far
  };
  std::map<std::string, Repository> repositories;
  std::vector<std::string> log;  ///< `GET /v2/a/manifests/1 200`

  explicit SmallRegistry(host::MemoryMachine& machine) {
    machine.http.serve_by([this](const host::HttpRequest& request, const std::string& body) {
      const std::scoped_lock hold(mutex_);
      host::CannedAnswer out = answer(request, body);
      log.push_back(fmt::format("{} {} {}", request.method, request.url.substr(std::min(request.url.find("/v2/"), request.url.find("/token"))), out.status));
      if (then) then(log.back());
      return out;
    });
  }
  size_t count(std::string_view part) const {
    const std::scoped_lock hold(mutex_);
    return static_cast<size_t>(std::ranges::count_if(log, [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }
  Digest put_blob(const std::string& repository, const std::string& text) {
    const Digest digest = Digest::of(text);
    repositories[repository].blobs[digest.str()] = text;
    return digest;
  }
  Digest put_manifest(const std::string& repository, const std::string& tag, const std::string& text, std::string_view type = media::manifest) {
    const Digest digest = Digest::of(text);
    repositories[repository].manifests[digest.str()] = {std::string(type), text};
    if (!tag.empty()) repositories[repository].tags[tag] = digest.str();
    return digest;
  }
  /// An image of one platform whose layers are these texts; returns its manifest.
  Descriptor put_image(const std::string& repository, const std::string& tag, const std::vector<std::string>& layers) {
    Config config;
    Manifest manifest;
    for (const std::string& each : layers) {
      const Digest digest = put_blob(repository, each);
      config.diff_ids.push_back(digest);
      manifest.layers.push_back({std::string(media::layer_tar), digest, each.size(), {}, {}});
    }
    const std::string text = to_text(config);
    manifest.config = {std::string(media::config), put_blob(repository, text), text.size(), {}, {}};
    const std::string whole = to_text(manifest);
    return {std::string(media::manifest), put_manifest(repository, tag, whole), whole.size(), {}, {}};
  }

 private:
  static host::CannedAnswer error(int status, const std::string& code, const std::string& message) {
    return {status, {{"content-type", "application/json"}}, fmt::format(R"({{"errors": [{{"code": "{}", "message": "{}"}}]}})", code, message), {}, true};
  }
  static std::string header(const host::HttpRequest& request, const char* name) { return request.headers.contains(name) ? request.headers.at(name) : std::string(); }

  host::CannedAnswer token(const host::HttpRequest& request, const std::string& body) {
    const bool known = request.method == "POST" ? !identity.empty() && body.find("refresh_token=" + identity) != std::string::npos
                                                : header(request, "authorization") == "Basic " + to_base64(as_bytes(user + ":" + password));
    if (!known && !(anonymous_pull && header(request, "authorization").empty())) return error(401, "UNAUTHORIZED", "wrong user or password");
    const std::string scopes = request.method == "POST" ? body : request.url;
    const std::string key = fmt::format("{}t{}", static_cast<const void*>(this), ++tokens_);
    // What it is for stands in the query, escaped: `repository%3Aa%3Apull%2Cpush`.
    granted_[key] = known ? scopes : scopes.substr(0, scopes.find("push"));
    return {200, {}, fmt::format(R"({{"{}": "{}", "expires_in": 60}})", request.method == "POST" ? "access_token" : "token", key), {}, true};
  }
  bool may(const host::HttpRequest& request, const std::string& repository, bool writes) const {
    const std::string shown = header(request, "authorization");
    if (auth == Auth::None) return true;
    if (auth == Auth::Basic) return shown == "Basic " + to_base64(as_bytes(user + ":" + password));
    const auto grant = shown.starts_with("Bearer ") ? granted_.find(shown.substr(7)) : granted_.end();
    if (grant == granted_.end()) return false;
    std::string name = repository;
    for (size_t at = name.find('/'); at != std::string::npos; at = name.find('/')) name.replace(at, 1, "%2F");
    std::string scope = "repository%3A" + name + "%3Apull";
    if (writes) scope += "%2Cpush";
    return grant->second.find(scope) != std::string::npos;
  }

  host::CannedAnswer answer(const host::HttpRequest& request, const std::string& body) {
    if (request.url.starts_with("https://auth.example/token")) return token(request, body);
    constexpr std::string_view root = "https://registry.example/v2/";
    if (!request.url.starts_with(root)) return error(404, "UNKNOWN", "another host");
    if (busy > 0) {
      --busy;
      host::CannedAnswer out = error(503, "UNAVAILABLE", "busy");
      if (!retry_after.empty()) out.headers["retry-after"] = retry_after;
      return out;
    }
    const std::string path = request.url.substr(root.size());
    for (const char* noun : {"/manifests/", "/blobs/uploads/", "/blobs/", "/tags/list", "/referrers/"}) {
      const size_t at = path.find(noun);
      if (at == std::string::npos) continue;
      const std::string name = path.substr(0, at), rest = path.substr(at + std::string_view(noun).size());
      const bool writes = request.method != "GET" && request.method != "HEAD";
      if (!may(request, name, writes)) {
        host::CannedAnswer out = error(401, "UNAUTHORIZED", "authentication required");
        out.headers["www-authenticate"] = auth == Auth::Basic ? "Basic realm=\"registry\"" : fmt::format(R"(Bearer realm="https://auth.example/token",service="registry",scope="repository:{}:pull{}")", name, writes ? ",push" : "");
        return out;
      }
      return serve(noun, name, rest, request, body);
    }
    return error(404, "UNKNOWN", "no such path");
  }

  host::CannedAnswer serve(std::string_view noun, const std::string& name, const std::string& rest, const host::HttpRequest& request, const std::string& body) {
    if (noun == "/blobs/uploads/") return upload(name, rest, request, body);
    Repository& repository = repositories[name];
    if (noun == "/tags/list") return tags(name, rest);
    if (noun == "/referrers/") return has_referrers ? referrers(repository, rest) : error(404, "UNKNOWN", "no such path");
    if (noun == "/blobs/") {
      const auto found = repository.blobs.find(rest);
      if (found == repository.blobs.end()) return error(404, "BLOB_UNKNOWN", "blob unknown to registry");
      return {200, {{"content-length", std::to_string(found->second.size())}}, found->second, {}, true};
    }
    if (request.method == "PUT" && refuse_manifests > 0) return --refuse_manifests, error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    if (request.method == "PUT") {
      const std::string digest = Digest::of(body).str();
      repository.manifests[digest] = {header(request, "content-type"), body};
      if (!rest.starts_with("sha256:")) repository.tags[rest] = digest;
      host::CannedAnswer out{201, {{"docker-content-digest", digest}}, {}, {}, true};
      const auto json = parse_json(body, "manifest");
      if (has_referrers && json && json->contains("subject")) out.headers["oci-subject"] = json->at("subject").at("digest").get<std::string>();
      return out;
    }
    const std::string digest = repository.tags.contains(rest) ? repository.tags.at(rest) : rest;
    const auto found = repository.manifests.find(digest);
    if (found == repository.manifests.end()) return error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    if (request.method == "DELETE") {
      if (!deletes) return error(405, "UNSUPPORTED", "the operation is unsupported");
      if (repository.tags.contains(rest)) {
        repository.tags.erase(rest);
      } else if (const auto names_it = [&](const auto& each) { return each.second == digest; }; untags || std::ranges::none_of(repository.tags, names_it)) {
        repository.manifests.erase(found);
        std::erase_if(repository.tags, names_it);
      }
      return {202, {}, {}, {}, true};
    }
    host::CannedAnswer out{200, {{"content-type", found->second.first}, {"content-length", std::to_string(found->second.second.size())}}, found->second.second, {}, false};
    if (sends_digest) out.headers["docker-content-digest"] = digest;
    return out;
  }

  host::CannedAnswer tags(const std::string& name, const std::string& query) {
    const size_t last = query.find("last=");
    const std::string after = last == std::string::npos ? std::string() : query.substr(last + 5);
    Json list = Json::array();
    for (const auto& [tag, digest] : repositories[name].tags) {
      if (tag <= after) continue;
      if (list.size() == page) return {200, {{"link", fmt::format("</v2/{}/tags/list?n={}&last={}>; rel=\"next\"", name, page, list.back().get<std::string>())}}, Json{{"name", name}, {"tags", list}}.dump(), {}, true};
      list.push_back(tag);
    }
    return {200, {}, Json{{"name", name}, {"tags", list}}.dump(), {}, true};
  }

  static host::CannedAnswer referrers(const Repository& repository, const std::string& subject) {
    Json list = Json::array();
    for (const auto& [digest, manifest] : repository.manifests) {
      const auto json = parse_json(manifest.second, "manifest");
      if (json && json->contains("subject") && json->at("subject").at("digest") == subject) list.push_back({{"mediaType", manifest.first}, {"digest", digest}, {"size", manifest.second.size()}});
    }
    return {200, {{"content-type", std::string(media::index)}}, Json{{"schemaVersion", 2}, {"mediaType", media::index}, {"manifests", list}}.dump(), {}, true};
  }

  host::CannedAnswer upload(const std::string& name, const std::string& rest, const host::HttpRequest& request, const std::string& body) {
    Repository& repository = repositories[name];
    const auto [id_text, query] = cut(rest, '?');
    const std::string id(id_text);
    const auto progress = [&](int status) {
      const size_t size = repository.uploads[id].size();
      host::CannedAnswer out{status, {{"location", fmt::format("/v2/{}/blobs/uploads/{}?state={}", name, id, size)}}, {}, {}, true};
      if (size > 0) out.headers["range"] = fmt::format("0-{}", size - 1);
      return out;
    };
    if (request.method == "POST") {
      const size_t at = query.find("mount="), from = query.find("&from=");
      if (at != std::string::npos && from != std::string::npos && mounts) {
        const std::string digest(query.substr(at + 6, from - at - 6)), source(query.substr(from + 6));
        if (repositories[source].blobs.contains(digest) && may(request, source, false)) {
          repository.blobs[digest] = repositories[source].blobs[digest];
          return {201, {}, {}, {}, true};
        }
      }
      const std::string fresh = fmt::format("u{}", ++uploads_);
      repository.uploads[fresh];
      return {202, {{"location", fmt::format("/v2/{}/blobs/uploads/{}?state=0", name, fresh)}}, {}, {}, true};
    }
    if (!repository.uploads.contains(id)) return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    std::string& sofar = repository.uploads[id];
    if (request.method == "GET") return lists_uploads ? progress(204) : error(404, "UNKNOWN", "no such path");
    if (body.size() > chunk_limit) return error(413, "SIZE_INVALID", "too large");
    const std::string range = header(request, "content-range");
    if (!range.empty() && range.substr(0, range.find('-')) != std::to_string(sofar.size())) return error(416, "BLOB_UPLOAD_INVALID", "out of order");
    sofar += body;
    if (request.method == "PATCH") return progress(202);
    const size_t at = query.find("digest=");
    std::string digest(at == std::string::npos ? std::string() : std::string(query.substr(at + 7)));
    if (const size_t colon = digest.find("%3A"); colon != std::string::npos) digest.replace(colon, 3, ":");
    if (Digest::of(sofar).str() != digest) return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    repository.blobs[digest] = sofar;
    repository.uploads.erase(id);
    return {201, {}, {}, {}, true};
  }

  mutable std::mutex mutex_;
  int tokens_ = 0, uploads_ = 0;
  std::map<std::string, std::string> granted_;
};

}  // namespace ashlar::oci::trial

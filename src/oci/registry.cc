#include "oci/registry.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>
#include <mutex>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "oci/attached.h"
#include "oci/inner/blob_stream.h"
#include "oci/inner/pages.h"
#include "oci/inner/session.h"

namespace ashlar::oci {
namespace {

constexpr size_t max_manifest = 16 << 20;
constexpr size_t max_tags = 1'000'000, max_referrers = 10'000;  // more are no list that anybody reads
constexpr const char* ref_name = "org.opencontainers.image.ref.name";

std::string accepted() { return fmt::format("{}, {}, {}, {}", media::index, media::manifest, media::docker_list, media::docker_manifest); }

bool is_known(std::string_view media_type) { return is_index(media_type) || media_type == media::manifest || media_type == media::docker_manifest; }

std::string header(const host::HttpResponse& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

/// A content type without its parameters.
std::string type_of(const host::HttpResponse& response) {
  const std::string type = header(response, "content-type");
  return type.substr(0, std::min(type.find(';'), type.find(' ')));
}

/// The type of a manifest, by what the registry and the manifest itself say. Two that differ, or the parts of two, are an attempt to be read as both.
Result<std::string> settle_type(const std::string& said, std::string_view text) {
  TRY_ASSIGN(const Json json, parse_json(text, "manifest"));
  if (!json.is_object()) return fail(Kind::Corrupt, "it is no JSON object");
  const std::string own = get_string_or_empty(json, "mediaType").value_or("");
  if (json.contains("manifests") && (json.contains("layers") || json.contains("config"))) return fail(Kind::Corrupt, "it is a manifest and an index at once");
  if (json.contains("fsLayers")) return fail(Kind::Invalid, "it is of Docker's schema 1, which nothing verifies any more; push it again with a newer tool");
  if (is_known(own) && is_known(said) && own != said) return fail(Kind::Corrupt, fmt::format("the registry says that it is '{}', and it says that it is '{}'", said, own));
  const std::string type = is_known(said) ? said : own;
  if (!is_known(type)) return fail(Kind::Corrupt, fmt::format("it is of type '{}', which is no image's", (said.empty() ? own : said).substr(0, 100)));
  if (is_index(type) != json.contains("manifests")) return fail(Kind::Corrupt, fmt::format("it is no '{}'", type));
  return type;
}

/// Whether an answer says that there is no API of referrers: 404 by the specification, and what older registries say of paths that they do not know.
bool has_no_referrers(int status) { return status == 404 || status == 400 || status == 405 || status == 501; }

/// What there is in the place of a tag that is not there: the error says so. A registry that lists no tags adds nothing.
Error with_other_tags(Error error, Registry& registry) {
  constexpr size_t shown = 10;
  const auto all = registry.tags();
  if (!all) return error;
  std::vector<std::string> tags;
  std::ranges::copy_if(*all, std::back_inserter(tags), [](const std::string& each) { return !each.starts_with("sha256-"); });
  if (tags.empty()) return error;
  const size_t more = tags.size() > shown ? tags.size() - shown : 0;
  tags.resize(tags.size() - more);
  error.message += fmt::format("; its tags are {}{}", fmt::join(tags, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
  return error;
}

/// An image in a registry, of which only what is asked for is fetched; manifests once.
class RegistryImage final : public ImageReader {
 public:
  RegistryImage(std::unique_ptr<Registry> registry, Document root) : registry_(std::move(registry)), root_(root.descriptor) { know(std::move(root)); }

  Result<std::string> blob(const Digest& digest, size_t limit) override { return registry_->small_blob(digest, limit); }
  Result<std::string> manifest(const Digest& digest) override {
    {
      const std::scoped_lock hold(mutex_);
      if (const auto text = texts_.find(digest); text != texts_.end()) return text->second;
    }
    TRY_ASSIGN(auto document, registry_->manifest(digest.str()));
    return know(std::move(document));
  }
  Result<std::unique_ptr<Source>> open(const Digest& digest) override { return registry_->blob(digest); }
  Descriptor root() const override { return root_; }
  bool is_remote() const override { return true; }

  /// By the referrers API or its fallback tag, and by cosign's tags.
  Result<std::vector<Descriptor>> neighbours(const Digest& subject) override {
    TRY_ASSIGN(auto out, registry_->referrers(subject));
    for (const char* suffix : cosign_suffixes) {
      const std::string tag = fmt::format("sha256-{}{}", subject.hex(), suffix);
      auto document = registry_->manifest(tag);
      if (!document && document.error().kind == Kind::NotFound) continue;
      if (!document) return std::unexpected(std::move(document).error());
      Descriptor found = document->descriptor;
      found.annotations[ref_name] = tag;
      know(std::move(*document));
      out.push_back(std::move(found));
    }
    return out;
  }

 private:
  std::string know(Document document) {
    const std::scoped_lock hold(mutex_);
    return texts_.insert_or_assign(document.descriptor.digest, std::move(document.text)).first->second;
  }

  std::unique_ptr<Registry> registry_;
  Descriptor root_;
  std::mutex mutex_;  // guards what follows
  std::map<Digest, std::string> texts_;
};

}  // namespace

Registry::Registry(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Registry::~Registry() = default;

Result<std::unique_ptr<Registry>> Registry::open(host::Machine& machine, const ImageRef& ref, Patience patience) {
  const size_t slash = ref.location.find('/');
  if (ref.transport != Transport::Registry || slash == std::string::npos) return cannot(Kind::Invalid, fmt::format("open '{}'", ref.str()), "it is no reference of a registry");
  const std::string host = ref.location.substr(0, slash);
  if (host.find_first_of(".:") == std::string::npos && host != "localhost")
    return cannot(Kind::Invalid, fmt::format("open '{}'", ref.str()),
                  fmt::format("'{}' is no registry's host, which has a dot or a port; images on disk are oci:DIR[:TAG], oci-archive:FILE[:TAG] and docker-archive:FILE[:TAG]", host));
  TRY_ASSIGN(auto session, Session::open(machine, host, ref.location.substr(slash + 1), patience));
  return std::unique_ptr<Registry>(new Registry(std::move(session)));
}

Result<Document> Registry::manifest(const std::string& tag_or_digest) {
  const std::string what = fmt::format("fetch manifest '{}'", tag_or_digest);
  host::HttpRequest request;
  request.url = session_->url("manifests/" + tag_or_digest);
  request.headers["accept"] = accepted();
  Document out{{"", Digest::from({}), 0, {}, {}}, {}};
  const auto response = session_->ask(request, out.text, max_manifest);
  if (!response) return cannot(what, response.error());
  if (response->status / 100 != 2) return refusal(what, *response);
  out.descriptor.digest = Digest::of(out.text);
  out.descriptor.size = out.text.size();
  const auto asked = Digest::parse(tag_or_digest), said = Digest::parse(header(*response, "docker-content-digest"));
  for (const auto& wanted : {asked, said}) {
    if (wanted && *wanted != out.descriptor.digest) return cannot(Kind::Corrupt, what, fmt::format("its bytes have digest '{}' instead of '{}'", out.descriptor.digest.str(), wanted->str()));
  }
  auto type = settle_type(type_of(*response), out.text);
  if (!type) return cannot(what, std::move(type).error());
  out.descriptor.media_type = std::move(*type);
  return out;
}

Result<std::optional<Descriptor>> Registry::find_manifest(const std::string& tag_or_digest) {
  host::HttpRequest request;
  request.method = "HEAD";
  request.url = session_->url("manifests/" + tag_or_digest);
  request.headers["accept"] = accepted();
  std::string nothing;
  TRY_ASSIGN(const auto response, session_->ask(request, nothing, 0));
  if (response.status == 404) return std::nullopt;
  if (response.status / 100 != 2) return refusal(fmt::format("look for manifest '{}'", tag_or_digest), response);
  const auto digest = Digest::parse(header(response, "docker-content-digest"));
  std::uint64_t size = 0;
  const std::string length = header(response, "content-length");
  const bool counted = std::from_chars(length.data(), length.data() + length.size(), size).ec == std::errc();
  if (digest && counted) return Descriptor{type_of(response), *digest, size, {}, {}};
  // The header is a SHOULD of the specification: without it the bytes tell.
  TRY_ASSIGN(auto document, manifest(tag_or_digest));
  return std::move(document.descriptor);
}

Result<std::unique_ptr<Source>> Registry::blob(const Digest& digest) { return stream_blob(*session_, digest); }

Result<std::string> Registry::small_blob(const Digest& digest, size_t limit) {
  const std::string what = fmt::format("fetch blob '{}'", digest.str());
  host::HttpRequest request;
  request.url = session_->url("blobs/" + digest.str());
  std::string text;
  const auto response = session_->ask(request, text, limit);
  if (!response) return cannot(what, response.error());
  if (response->status / 100 != 2) return refusal(what, *response);
  if (Digest::of(text) != digest) return cannot(Kind::Corrupt, what, "its bytes have another digest");
  return text;
}

Result<std::vector<std::string>> Registry::tags() {
  const std::string what = fmt::format("list tags of '{}'", session_->repository());
  std::vector<std::string> out;
  std::set<std::string> known;
  Pages pages(*session_, what, session_->url("tags/list?n=1000"));
  for (bool more = true; more;) {
    std::string text;
    host::HttpRequest request;
    request.url = pages.url();
    TRY_ASSIGN(const auto response, session_->ask(request, text, max_manifest));
    if (response.status / 100 != 2) return refusal(what, response);
    const auto json = parse_json(text, "tags");
    const auto list = json && json->is_object() ? json->find("tags") : Json::const_iterator();
    if (!json || !json->is_object() || list == json->end()) return cannot(Kind::Corrupt, what, "the answer has no 'tags'");
    if (!list->is_array() && !list->is_null()) return cannot(Kind::Corrupt, what, "'tags' is no list");
    const size_t before = out.size();
    for (const Json& each : *list) {
      if (!each.is_string() || !is_tag(each.get<std::string>())) return cannot(Kind::Corrupt, what, "'tags' has an entry that is no tag");
      if (known.insert(each.get<std::string>()).second) out.push_back(each.get<std::string>());
    }
    if (out.size() > max_tags) return cannot(Kind::Corrupt, what, fmt::format("it is more than {} tags", max_tags));
    TRY_ASSIGN(more, pages.turn(response, text.size(), out.size() - before));
  }
  return out;
}

Result<std::vector<Descriptor>> Registry::referrers(const Digest& subject) {
  const std::string what = fmt::format("list referrers of '{}'", subject.str());
  std::vector<Descriptor> out;
  std::set<Digest> known;
  Pages pages(*session_, what, session_->url("referrers/" + subject.str()));
  for (bool first = true, more = true; more; first = false) {
    std::string text;
    host::HttpRequest request;
    request.url = pages.url();
    TRY_ASSIGN(const auto response, session_->ask(request, text, max_manifest));
    const bool fallback = first && has_no_referrers(response.status);
    if (fallback) {
      request.headers["accept"] = std::string(media::index);
      request.url = session_->url("manifests/" + fallback_tag(subject));
      TRY_ASSIGN(const auto tagged, session_->ask(request, text, max_manifest));
      if (tagged.status == 404) return out;
      if (tagged.status / 100 != 2) return refusal(what, tagged);
    } else if (response.status / 100 != 2) {
      return refusal(what, response);
    }
    auto index = read_index(text);
    if (!index) return cannot(what, std::move(index).error());
    const size_t before = out.size();
    for (Descriptor& each : index->manifests) {
      if (known.insert(each.digest).second) out.push_back(std::move(each));
    }
    if (out.size() > max_referrers) return cannot(Kind::Corrupt, what, fmt::format("it is more than {} referrers", max_referrers));
    if (fallback) return out;  // one manifest, which leads nowhere
    TRY_ASSIGN(more, pages.turn(response, text.size(), out.size() - before));
  }
  return out;
}

Result<std::unique_ptr<ImageReader>> open_image(host::Machine& machine, const ImageRef& ref, Patience patience) {
  if (ref.transport != Transport::Registry) return open_image(*machine.files, ref);
  TRY_ASSIGN(auto registry, Registry::open(machine, ref, patience));
  auto root = registry->manifest(!ref.digest.empty() ? ref.digest : ref.tag.empty() ? "latest" : ref.tag);
  if (!root && root.error().kind == Kind::NotFound && ref.digest.empty()) return cannot(fmt::format("open '{}'", ref.str()), with_other_tags(std::move(root).error(), *registry));
  if (!root) return cannot(fmt::format("open '{}'", ref.str()), std::move(root).error());
  return std::make_unique<RegistryImage>(std::move(registry), std::move(*root));
}

}  // namespace ashlar::oci

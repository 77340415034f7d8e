// What changes a registry.
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "oci/attached.h"
#include "oci/inner/session.h"
#include "oci/inner/upload.h"
#include "oci/registry.h"

namespace ashlar::oci {
namespace {

constexpr int max_changes = 16;  // of a tag, where others change it meanwhile
constexpr int max_refusals = 3;
constexpr std::chrono::seconds longest_pause(3);

/// The digest that a manifest refers to, if it does.
std::optional<Digest> subject_of(const Json& manifest) {
  if (!manifest.is_object() || !manifest.contains("subject") || !manifest.at("subject").is_object()) return std::nullopt;
  const auto digest = Digest::parse(get_string(manifest.at("subject"), "digest").value_or(""));
  return digest ? std::optional(*digest) : std::nullopt;
}

/// How a list of referrers names a manifest (distribution-spec, "Listing Referrers").
Json referrer_entry(const Json& manifest, const Descriptor& descriptor) {
  Json out = {{"mediaType", descriptor.media_type}, {"digest", descriptor.digest.str()}, {"size", descriptor.size}};
  std::string type = get_string_or_empty(manifest, "artifactType").value_or("");
  if (type.empty() && manifest.contains("config") && manifest.at("config").is_object()) type = get_string_or_empty(manifest.at("config"), "mediaType").value_or("");
  if (!type.empty()) out["artifactType"] = type;
  if (manifest.contains("annotations") && manifest.at("annotations").is_object()) out["annotations"] = manifest.at("annotations");
  return out;
}

bool names(const Json& entries, const std::string& digest) {
  return std::ranges::any_of(entries, [&](const Json& each) { return each.is_object() && get_string(each, "digest").value_or("") == digest; });
}

/// The entries but for those of one digest.
Json without(const Json& entries, const std::string& digest) {
  Json out = Json::array();
  for (const Json& each : entries) {
    if (!names(Json::array({each}), digest)) out.push_back(each);
  }
  return out;
}

host::HttpRequest deletion(const Session& session, const std::string& reference) {
  host::HttpRequest out;
  out.method = "DELETE";
  out.url = session.url("manifests/" + reference);
  return out;
}

Done put_manifest(Session& session, const std::string& reference, std::string_view media_type, const std::string& text, bool* knows_subject = nullptr) {
  const std::string what = fmt::format("push manifest '{}'", reference);
  host::HttpRequest request;
  request.method = "PUT";
  request.url = session.url("manifests/" + reference);
  request.headers["content-type"] = std::string(media_type);
  request.body = {text.size(), [&text]() -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(as_bytes(text)); }};
  std::string nothing;
  const auto answer = session.ask(request, nothing, 1 << 20);
  if (!answer) return cannot(what, answer.error());
  if (answer->status / 100 != 2) return refusal(what, *answer);
  const auto said = answer->headers.find("docker-content-digest");
  if (said != answer->headers.end() && said->second.starts_with("sha256:") && said->second != Digest::of(text).str())
    return cannot(Kind::Corrupt, what, fmt::format("the registry took it as '{}' instead of '{}'", said->second.substr(0, 80), Digest::of(text).str()));
  if (knows_subject != nullptr) *knows_subject = answer->headers.contains("oci-subject");
  return {};
}

}  // namespace

Result<bool> Registry::has_blob(const Digest& digest) { return oci::has_blob(*session_, digest); }

Done Registry::push_blob(const Descriptor& blob, const BlobOpener& open, const std::string& mount_from) {
  TRY_ASSIGN(const bool there, has_blob(blob.digest));
  return there ? Done() : upload(*session_, blob, open, mount_from);
}

Done Registry::push_manifest(const std::string& tag_or_digest, const Document& document) {
  bool knows_subject = false;
  TRY(put_manifest(*session_, tag_or_digest, document.descriptor.media_type, document.text, &knows_subject));
  TRY_ASSIGN(const Json json, parse_json(document.text, "manifest"));
  const auto subject = subject_of(json);
  if (!subject || knows_subject) return {};
  // Some registries have the API and do not say so: what they list needs no tag.
  TRY_ASSIGN(const auto listed, referrers(*subject));
  if (std::ranges::any_of(listed, [&](const Descriptor& each) { return each.digest == document.descriptor.digest; })) return {};
  return change_fallback(*subject, [&](Json& manifests) {
    if (!names(manifests, document.descriptor.digest.str())) manifests.push_back(referrer_entry(json, document.descriptor));
  });
}

Done Registry::remove(const std::string& tag_or_digest) {
  std::optional<Digest> subject;
  const auto digest = Digest::parse(tag_or_digest);
  if (digest) {
    TRY_ASSIGN(const Document gone, manifest(tag_or_digest));
    TRY_ASSIGN(const Json json, parse_json(gone.text, "manifest"));
    subject = subject_of(json);
  }
  std::string nothing;
  TRY_ASSIGN(const auto answer, session_->ask(deletion(*session_, tag_or_digest), nothing, 1 << 20));
  if (answer.status / 100 != 2) return refusal(fmt::format("delete '{}'", tag_or_digest), answer);
  return subject ? leave_fallback(*subject, tag_or_digest) : Done();
}

Done Registry::leave_fallback(const Digest& subject, const std::string& gone) {
  const std::string tag = fallback_tag(subject);
  // A list of which nothing is left is deleted by its digest, as registries have it; one that keeps the tag nevertheless is asked by that. Who adds to the list meanwhile has given it another digest.
  for (const bool by_digest : {true, false}) {
    const auto turn = session_->take_turn(tag);
    TRY_ASSIGN(const auto before, find_document(tag));
    if (!before) return {};
    const auto index = parse_json(before->text, tag);
    if (!index || !index->is_object() || !index->contains("manifests") || !without(index->at("manifests"), gone).empty() || index->contains("annotations")) break;
    std::string nothing;
    TRY_ASSIGN(const auto answer, session_->ask(deletion(*session_, by_digest ? before->descriptor.digest.str() : tag), nothing, 1 << 20));
    if (answer.status / 100 != 2 && answer.status != 404) break;
  }
  TRY_ASSIGN(const auto tagged, find_manifest(tag));
  if (!tagged) return {};
  return change_fallback(subject, [&](Json& manifests) { manifests = without(manifests, gone); });
}

Result<std::optional<Document>> Registry::find_document(const std::string& tag) {
  auto found = manifest(tag);
  if (found) return std::move(*found);
  if (found.error().kind == Kind::NotFound) return std::nullopt;
  return std::unexpected(std::move(found).error());
}

Result<Document> Registry::change_tag(const std::string& tag, const TagChange& change) {
  using Clock = std::chrono::steady_clock;
  const std::string what = fmt::format("change '{}'", tag);
  thread_local std::minstd_rand random(std::random_device{}());
  for (int round = 0; round < max_changes; ++round) {
    Clock::duration window{};
    std::optional<Document> ours;
    {
      const auto turn = session_->take_turn(tag);
      TRY_ASSIGN(const auto before, find_document(tag));
      TRY_ASSIGN(ours, change(before));
      if (before && before->descriptor.digest == ours->descriptor.digest) return std::move(*ours);
      const auto looked = Clock::now();
      TRY_ASSIGN(const auto still, find_manifest(tag));
      if (still.has_value() != before.has_value() || (still && still->digest != before->descriptor.digest)) continue;
      auto put = put_manifest(*session_, tag, ours->descriptor.media_type, ours->text);
      window = Clock::now() - looked;
      // A registry to which two bring the same blob at once may know nothing of it for a moment (the distribution's does).
      if (!put && (put.error().kind != Kind::Unavailable || round + 1 >= max_refusals)) return std::unexpected(std::move(put).error());
      if (!put) ours.reset();
    }
    // Whoever looked before we wrote writes about as long after as we did; then it is seen whether ours is still there.
    std::this_thread::sleep_for(std::min<Clock::duration>(2 * window + window * static_cast<int>(random() % 100) / 100, longest_pause));
    TRY_ASSIGN(const auto after, find_manifest(tag));
    if (after && ours && after->digest == ours->descriptor.digest) return std::move(*ours);
  }
  return cannot(Kind::Conflict, what, "others change it at the same time");
}

Done Registry::change_fallback(const Digest& subject, const std::function<void(Json& manifests)>& change) {
  const std::string tag = fallback_tag(subject);
  const auto changed = change_tag(tag, [&](const std::optional<Document>& before) -> Result<Document> {
    const std::string text = before ? before->text : to_text(ImageIndex{});
    TRY_ASSIGN(Json index, parse_json(text, tag));
    if (!index.is_object() || !index.contains("manifests") || !index.at("manifests").is_array()) return fail(Kind::Corrupt, "it is no index");
    const Json own = index;
    change(index["manifests"]);
    if (before && index == own) return *before;
    std::string after = to_compact(index);
    return Document{{std::string(media::index), Digest::of(after), after.size(), {}, {}}, std::move(after)};
  });
  return changed ? Done() : cannot(fmt::format("change the list of referrers '{}'", tag), changed.error());
}

}  // namespace ashlar::oci

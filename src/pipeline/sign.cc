#include "pipeline/sign.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/statement.h"
#include "attest/support.h"
#include "base/parallel.h"
#include "oci/attach.h"
#include "oci/platform_choice.h"
#include "pipeline/signatures.h"
#include "trust/bundle.h"
#include "trust/dsse.h"
#include "trust/simple_signing.h"

namespace ashlar::pipeline {
namespace {

/// The image, to be read and added to.
struct Place {
  std::unique_ptr<oci::ImageReader> reader;
  std::unique_ptr<oci::ImageWriter> writer;
  std::string name;  ///< as statements call it: `host/repository`, or a layout's folder
};

Result<Place> open_place(host::Machine& machine, const oci::ImageRef& ref) {
  Place out{.reader = nullptr, .writer = nullptr, .name = ref.location};
  TRY_ASSIGN(out.reader, oci::open_image(machine, ref));
  if (ref.transport == oci::Transport::Registry) {
    TRY_ASSIGN(out.writer, oci::write_registry(machine, ref));
  } else if (ref.transport == oci::Transport::OciLayout) {
    TRY_ASSIGN(out.writer, oci::write_layout(*machine.files, ref.location));
    out.name = host::Path(ref.location).lexically_normal().filename().string();
  } else {
    return fail(Kind::Invalid, "signatures lie in registries and layouts; copy it to one of those first");
  }
  return out;
}

Result<std::vector<oci::Descriptor>> subjects(oci::ImageReader& reader, const oci::ImageRef& ref, const SignOptions& options) {
  if (!options.platform.empty()) {
    TRY_ASSIGN(const auto which, oci::choose_platform(reader, options.platform, ref.str()));
    return std::vector{which.descriptor};
  }
  std::vector<oci::Descriptor> out = {reader.root()};
  if (!options.each_platform || !oci::is_index(reader.root().media_type)) return out;
  TRY_ASSIGN(const auto manifests, oci::manifests_of(reader));
  out.insert(out.end(), manifests.begin(), manifests.end());
  return out;
}

/// What lies beside one subject, and what this key adds to it.
class Desk {
 public:
  Desk(Place& place, const oci::Descriptor& subject, const trust::PrivateKey& key, trust::PublicKey open) : place_(place), subject_(subject), key_(key), open_(std::move(open)) {
    there_ = oci::attached_to(*place.reader, subject.digest).contents;
  }

  /// Signs the image itself, in whichever layouts are wanted; the two go there side by side.
  Done add_signatures(const SignOptions& options, std::vector<Placed>& out) {
    const size_t first = out.size();
    const std::string type(image_signature_type);
    std::optional<oci::Attachment> tagged;
    std::optional<trust::Envelope> envelope;
    if (options.tags) {
      const std::string document = trust::to_text(trust::SimpleSigning{place_.name, subject_.digest});
      const auto there = find_simple(document);
      if (!there) {
        TRY_ASSIGN(const std::string signature, key_.sign(document));
        tagged = oci::Attachment{std::string(trust::media::simple_signing), document, {{signature_annotation, to_base64(as_bytes(signature))}}};
      }
      out.push_back(placed("cosign-signature", {}, there.value_or(subject_.digest), !there));
    }
    if (options.bundles) {
      const std::string payload = statement(type, "{}");
      const auto there = find(oci::Attached::Way::Referrer, payload, type, false);
      if (!there) {
        TRY_ASSIGN(envelope, trust::sign_envelope(trust::media::in_toto, payload, key_));
      }
      out.push_back(placed("bundle", type, there.value_or(subject_.digest), !there));
    }
    std::array<std::optional<Error>, 2> failures;
    in_parallel(failures.size(), failures.size(), [&](size_t at, size_t) {
      if (at == 0 && tagged) {
        const auto artifact = oci::attach_by_tag(*place_.writer, subject_.digest, ".sig", {*tagged});
        if (artifact) out[first].artifact = artifact->digest;
        else failures[at] = artifact.error();
      } else if (at == 1 && envelope) {
        const auto bundle = add_bundle(type, *envelope);
        if (bundle) out.back() = *bundle;
        else failures[at] = bundle.error();
      }
    });
    for (auto& failure : failures) {
      if (failure) return std::unexpected(std::move(*failure));
    }
    return {};
  }

  /// Adds statements, in whichever layouts are wanted; those that lie there already are not added again. What is new goes there side by side.
  Done add_statements(const std::vector<attest::Predicate>& predicates, const SignOptions& options, std::vector<Placed>& out) {
    std::vector<oci::Attachment> tagged;
    std::vector<std::pair<size_t, trust::Envelope>> bundles;  // each with its place in `out`
    std::vector<size_t> tagged_at;
    for (const attest::Predicate& each : predicates) {
      const std::string payload = statement(each.uri, each.text);
      const auto found = [&](bool wanted, oci::Attached::Way way) -> std::optional<Digest> {
        if (!wanted) return std::nullopt;
        if (options.once && each.uri == attest::support_uri) return find_promise(way, payload, each.uri);
        return find(way, payload, each.uri, options.once && each.uri == attest::vulnerability_scan_uri);
      };
      const auto by_tag = found(options.tags, oci::Attached::Way::Tag), by_bundle = found(options.bundles, oci::Attached::Way::Referrer);
      std::optional<trust::Envelope> envelope;
      if ((options.tags && !by_tag) || (options.bundles && !by_bundle)) {
        TRY_ASSIGN(envelope, trust::sign_envelope(trust::media::in_toto, payload, key_));
      }
      if (options.tags) {
        if (!by_tag) tagged_at.push_back(out.size()), tagged.push_back({std::string(trust::media::envelope), trust::to_text(*envelope), {{signature_annotation, ""}, {"predicateType", each.uri}}});
        out.push_back(placed("cosign-attestation", each.uri, by_tag.value_or(subject_.digest), !by_tag));
      }
      if (options.bundles) {
        if (!by_bundle) bundles.emplace_back(out.size(), *envelope);
        out.push_back(placed("bundle", each.uri, by_bundle.value_or(subject_.digest), !by_bundle));
      }
    }
    std::vector<std::optional<Error>> failures(bundles.size() + 1);
    in_parallel(failures.size(), threads, [&](size_t at, size_t) {
      if (at == 0) {
        if (tagged.empty()) return;
        const auto artifact = oci::attach_by_tag(*place_.writer, subject_.digest, ".att", tagged);
        if (!artifact) failures[at] = artifact.error();
        else for (const size_t each : tagged_at) out[each].artifact = artifact->digest;
        return;
      }
      auto& [place, envelope] = bundles[at - 1];
      const auto bundle = add_bundle(out[place].predicate_type, envelope);
      if (bundle) out[place] = *bundle;
      else failures[at] = bundle.error();
    });
    for (auto& failure : failures) {
      if (failure) return std::unexpected(std::move(*failure));
    }
    return {};
  }

 private:
  static constexpr const char* signature_annotation = "dev.cosignproject.cosign/signature";
  static constexpr size_t threads = 8;  // they wait for the registry, not for a processor

  Result<Placed> add_bundle(const std::string& type, const trust::Envelope& envelope) {
    const std::string media_type(trust::bundle_media_type);
    trust::Bundle bundle{.material = trust::KeyMaterial{to_base64(open_.digest().raw())}, .entries = {}, .timestamps = {}, .content = envelope};
    TRY_ASSIGN(const auto artifact, oci::attach_by_referrer(*place_.writer, subject_, media_type, {media_type, trust::to_text(bundle)},
                                                           {{"dev.sigstore.bundle.content", "dsse-envelope"}, {"dev.sigstore.bundle.predicateType", type}}));
    return placed("bundle", type, artifact.digest, true);
  }

  /// The artifact under cosign's tag that holds this document, signed by this key.
  std::optional<Digest> find_simple(const std::string& document) const {
    for (const oci::Attached& each : there_) {
      const auto signature = each.annotations.find(signature_annotation);
      if (each.way != oci::Attached::Way::Tag || each.content != document || signature == each.annotations.end()) continue;
      const auto bytes = from_base64(signature->second);
      if (bytes && open_.verify(document, as_text(*bytes))) return each.manifest;
    }
    return std::nullopt;
  }

  std::string statement(const std::string& type, std::string_view predicate) const {
    const attest::StatementSubject subject{place_.name, {{"sha256", subject_.digest.hex()}}};
    return attest::to_text(std::span(&subject, 1), type, predicate);
  }

  /// The artifact that holds this statement, signed by this key. `but_for_times`: what a scan's statement says of when it was made is not compared.
  std::optional<Digest> find(oci::Attached::Way way, const std::string& payload, const std::string& type, bool but_for_times) const {
    const std::string encoded = to_base64(as_bytes(payload));
    for (const oci::Attached& each : there_) {
      const bool same = each.content.find(encoded) != std::string::npos;  // most of what lies there is large, and another statement
      if (each.way != way || !(same || (but_for_times && is_of_type(each, type)))) continue;
      const auto envelope = envelope_in(each);
      if (!envelope || !(envelope->payload == payload || (but_for_times && differ_in_time(envelope->payload, payload)))) continue;
      if (trust::verify_envelope(*envelope, open_)) return each.manifest;
    }
    return std::nullopt;
  }
  /// Whether a promise that lies there says what a fresh one would: the same, and where a cadence is promised, of a publication that it still counts from.
  static bool says_as_much(attest::SupportSaid there, const attest::SupportSaid& fresh) {
    const auto due = attest::due_again(there), since = fresh.published ? fresh.published : fresh.promised;
    if (due && since && *due <= *since) return false;
    there.promised = fresh.promised;
    there.published = fresh.published;
    return there == fresh;
  }
  /// The artifact that holds this key's last promise of support, where that says as much: what was said otherwise since is said again.
  std::optional<Digest> find_promise(oci::Attached::Way way, const std::string& payload, const std::string& type) const {
    const auto fresh = promise_in(payload);
    std::optional<Digest> out;
    std::optional<std::optional<Time>> last;
    for (const oci::Attached& each : there_) {
      if (!fresh || each.way != way || !is_of_type(each, type)) continue;
      const auto envelope = envelope_in(each);
      if (!envelope || !trust::verify_envelope(*envelope, open_)) continue;
      const auto said = promise_in(envelope->payload);
      if (!said || (last && said->promised < *last)) continue;
      last = said->promised;
      out = says_as_much(*said, *fresh) ? std::optional(each.manifest) : std::nullopt;
    }
    return out;
  }
  std::optional<attest::SupportSaid> promise_in(const std::string& payload) const {
    const auto statement = attest::read_statement(payload, "statement");
    if (!statement || !statement->is_on(subject_.digest)) return std::nullopt;
    auto said = attest::read_support(statement->predicate);
    return said ? std::optional(std::move(*said)) : std::nullopt;
  }
  static std::optional<trust::Envelope> envelope_in(const oci::Attached& attached) {
    const auto json = parse_json(attached.content, "attached");
    if (!json || !json->is_object()) return std::nullopt;
    auto envelope = trust::read_envelope(json->contains("dsseEnvelope") ? json->at("dsseEnvelope") : *json);
    return envelope ? std::optional(std::move(*envelope)) : std::nullopt;
  }
  static bool is_of_type(const oci::Attached& attached, const std::string& type) {
    return std::ranges::any_of(attached.annotations, [&](const auto& each) { return (each.first == "predicateType" || each.first == "dev.sigstore.bundle.predicateType") && each.second == type; });
  }
  static bool differ_in_time(const std::string& a, const std::string& b) {
    const auto timeless = [](const std::string& text) -> std::optional<Json> {
      auto json = parse_json(text, "statement");
      if (!json || !json->is_object() || !json->contains("predicate") || !(*json)["predicate"].is_object() || !(*json)["predicate"].contains("metadata") || !(*json)["predicate"].contains("scanner")) return std::nullopt;
      (*json)["predicate"].erase("metadata");
      return std::move(*json);
    };
    const auto left = timeless(a), right = timeless(b);
    return left && right && *left == *right;
  }
  Placed placed(const char* layout, const std::string& type, const Digest& artifact, bool fresh) const { return {layout, type, subject_.digest, artifact, fresh}; }

  Place& place_;
  const oci::Descriptor& subject_;
  const trust::PrivateKey& key_;
  trust::PublicKey open_;
  std::vector<oci::Attached> there_;
};

/// Does something at the desk of each subject.
template <class Work>
Result<std::vector<Placed>> at_desks(host::Machine& machine, const std::string& verb, const std::string& ref_text, const trust::PrivateKey& key, const SignOptions& options, const Work& work) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(ref_text));
  const std::string what = fmt::format("{} '{}'", verb, ref.str());
  if (!options.tags && !options.bundles) return cannot(Kind::Invalid, what, "neither tags nor bundles are wanted");
  TRY_ASSIGN(const auto open, trust::PublicKey::parse(key.public_pem()));
  auto place = open_place(machine, ref);
  if (!place) return cannot(what, std::move(place).error());
  TRY_ASSIGN(const auto which, subjects(*place->reader, ref, options));
  std::vector<Placed> out;
  for (const oci::Descriptor& subject : which) {
    Desk desk(*place, subject, key, open);
    if (auto done = work(desk, out); !done) return cannot(what, std::move(done).error());
  }
  return out;
}

}  // namespace

Result<std::vector<Placed>> sign(host::Machine& machine, const std::string& ref, const trust::PrivateKey& key, const SignOptions& options) {
  return at_desks(machine, "sign", ref, key, options, [&](Desk& desk, std::vector<Placed>& out) { return desk.add_signatures(options, out); });
}

Result<std::vector<Placed>> attest(host::Machine& machine, const std::string& ref, const std::vector<attest::Predicate>& predicates, const trust::PrivateKey& key, const SignOptions& options) {
  return at_desks(machine, "attest", ref, key, options, [&](Desk& desk, std::vector<Placed>& out) { return desk.add_statements(predicates, options, out); });
}

}  // namespace ashlar::pipeline

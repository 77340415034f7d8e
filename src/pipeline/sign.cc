#include "pipeline/sign.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/statement.h"
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
    for (const oci::Attached& each : oci::attached(*place.reader, subject)) {
      if (each.subject == subject.digest) there_.push_back(each);
    }
  }

  Result<Placed> add_simple() {
    const std::string document = trust::to_text(trust::SimpleSigning{place_.name, subject_.digest});
    for (const oci::Attached& each : there_) {
      const auto signature = each.annotations.find(signature_annotation);
      if (each.way != oci::Attached::Way::Tag || each.content != document || signature == each.annotations.end()) continue;
      const auto bytes = from_base64(signature->second);
      if (bytes && open_.verify(document, as_text(*bytes))) return placed("cosign-signature", {}, each.manifest, false);
    }
    TRY_ASSIGN(const std::string signature, key_.sign(document));
    TRY_ASSIGN(const auto artifact, oci::attach_by_tag(*place_.reader, *place_.writer, subject_.digest, ".sig", {{std::string(trust::media::simple_signing), document, {{signature_annotation, to_base64(as_bytes(signature))}}}}));
    return placed("cosign-signature", {}, artifact.digest, true);
  }

  Result<Placed> add_tagged(const std::string& type, const trust::Envelope& envelope) {
    for (const oci::Attached& each : there_) {
      if (each.way == oci::Attached::Way::Tag && is_same(parse_json(each.content, "envelope"), envelope)) return placed("cosign-attestation", type, each.manifest, false);
    }
    oci::Attachment content{std::string(trust::media::envelope), to_compact(trust::to_json(envelope)), {{signature_annotation, ""}, {"predicateType", type}}};
    TRY_ASSIGN(const auto artifact, oci::attach_by_tag(*place_.reader, *place_.writer, subject_.digest, ".att", {content}));
    return placed("cosign-attestation", type, artifact.digest, true);
  }

  Result<Placed> add_bundle(const std::string& type, const trust::Envelope& envelope) {
    const std::string media_type(trust::bundle_media_type);
    for (const oci::Attached& each : there_) {
      if (each.way != oci::Attached::Way::Referrer || each.media_type != media_type) continue;
      const auto json = parse_json(each.content, "bundle");
      if (json && json->is_object() && json->contains("dsseEnvelope") && is_same(json->at("dsseEnvelope"), envelope)) return placed("bundle", type, each.manifest, false);
    }
    trust::Bundle bundle{.material = trust::KeyMaterial{to_base64(open_.digest().raw())}, .entries = {}, .timestamps = {}, .content = envelope};
    TRY_ASSIGN(const auto artifact, oci::attach_by_referrer(*place_.writer, subject_, media_type, {media_type, to_compact(trust::to_json(bundle))},
                                                           {{"dev.sigstore.bundle.content", "dsse-envelope"}, {"dev.sigstore.bundle.predicateType", type}}));
    return placed("bundle", type, artifact.digest, true);
  }

  /// The statement, signed.
  Result<trust::Envelope> envelope(const std::string& type, std::string_view predicate) const {
    const attest::StatementSubject subject{place_.name, {{"sha256", subject_.digest.hex()}}};
    return trust::sign_envelope(trust::media::in_toto, attest::to_text(std::span(&subject, 1), type, predicate), key_);
  }

 private:
  static constexpr const char* signature_annotation = "dev.cosignproject.cosign/signature";
  /// Whether it is an envelope with the same payload that this key has signed.
  bool is_same(const Result<Json>& json, const trust::Envelope& envelope) const {
    if (!json) return false;
    const auto there = trust::read_envelope(*json);
    return there && there->payload == envelope.payload && there->payload_type == envelope.payload_type && trust::verify_envelope(*there, open_);
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
  return at_desks(machine, "sign", ref, key, options, [&](Desk& desk, std::vector<Placed>& out) -> Done {
    if (options.tags) {
      TRY_ASSIGN(auto placed, desk.add_simple());
      out.push_back(std::move(placed));
    }
    if (!options.bundles) return {};
    const std::string type(image_signature_type);
    TRY_ASSIGN(const auto envelope, desk.envelope(type, "{}"));
    TRY_ASSIGN(auto placed, desk.add_bundle(type, envelope));
    out.push_back(std::move(placed));
    return {};
  });
}

Result<std::vector<Placed>> attest(host::Machine& machine, const std::string& ref, const std::vector<attest::Predicate>& predicates, const trust::PrivateKey& key, const SignOptions& options) {
  return at_desks(machine, "attest", ref, key, options, [&](Desk& desk, std::vector<Placed>& out) -> Done {
    for (const attest::Predicate& each : predicates) {
      TRY_ASSIGN(const auto envelope, desk.envelope(each.uri, each.text));
      if (options.tags) {
        TRY_ASSIGN(auto placed, desk.add_tagged(each.uri, envelope));
        out.push_back(std::move(placed));
      }
      if (options.bundles) {
        TRY_ASSIGN(auto placed, desk.add_bundle(each.uri, envelope));
        out.push_back(std::move(placed));
      }
    }
    return {};
  });
}

}  // namespace ashlar::pipeline

#include "pipeline/copy.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "oci/copy.h"
#include "oci/platform_choice.h"
#include "pipeline/inner/scratch.h"
#include "trust/dsse.h"

namespace ashlar::pipeline {
namespace {

/// The repository of a source that lies in the same registry as the destination, where blobs can be had without being sent.
std::string mount_from(const oci::ImageRef& from, const oci::ImageRef& to) {
  if (from.transport != oci::Transport::Registry || from.location == to.location) return {};
  const size_t slash = from.location.find('/');
  return from.location.substr(0, slash) == to.location.substr(0, to.location.find('/')) ? from.location.substr(slash + 1) : std::string();
}

host::Path folder_of(const host::Path& file) { return file.has_parent_path() ? file.parent_path() : host::Path("."); }

Result<oci::Receipt> copy_to(host::Machine& machine, oci::ImageReader& reader, const oci::ImageRef& from, const oci::ImageRef& to, const std::string& platform) {
  host::Files& files = *machine.files;
  const std::vector<std::string> tags = {to.tag};
  if (to.transport == oci::Transport::Registry) {
    TRY_ASSIGN(const auto writer, oci::write_registry(machine, to, mount_from(from, to)));
    return oci::copy_image(reader, *writer, tags);
  }
  if (to.transport == oci::Transport::OciLayout) {
    TRY_ASSIGN(const auto writer, oci::write_layout(files, to.location));
    return oci::copy_image(reader, *writer, tags);
  }
  const host::Path file = to.location;
  TRY_ASSIGN(const auto scratch, Scratch::open(files, folder_of(file), file.filename().string()));
  if (to.transport == oci::Transport::DockerArchive) {
    TRY_ASSIGN(const auto which, oci::choose_platform(reader, platform, from.str()));
    return oci::write_docker_archive(files, reader, which, to.tag, scratch.path(), file);
  }
  TRY_ASSIGN(const auto writer, oci::write_layout(files, scratch.path()));
  TRY_ASSIGN(auto receipt, oci::copy_image(reader, *writer, tags));
  TRY(oci::write_archive(files, scratch.path(), file));
  return receipt;
}

}  // namespace

Result<oci::Receipt> copy(host::Machine& machine, const std::string& from_text, const std::string& to_text, const std::string& platform) {
  TRY_ASSIGN(const auto from, oci::ImageRef::parse(from_text));
  TRY_ASSIGN(auto to, oci::ImageRef::parse(to_text));
  const std::string what = fmt::format("copy '{}' to '{}'", from.str(), to.str());
  if (from.transport == oci::Transport::Folder || to.transport == oci::Transport::Folder) return cannot(Kind::Invalid, what, "a folder is no image");
  if (!to.digest.empty()) return cannot(Kind::Invalid, what, "a destination is named by a tag: its digest is what the copy has");
  TRY_ASSIGN(const auto reader, oci::open_image(machine, from));
  if (to.tag.empty() && to.transport != oci::Transport::DockerArchive) to.tag = from.tag.empty() || (to.transport == oci::Transport::Registry && !oci::is_tag(from.tag)) ? "latest" : from.tag;
  auto receipt = copy_to(machine, *reader, from, to, platform);
  if (!receipt) return cannot(what, std::move(receipt).error());
  receipt->source = from.str();
  receipt->destination = to.str();
  return receipt;
}

Result<ReadReceipt> read_receipt(std::string_view text, std::string_view path, const Believed& believed, bool signed_) {
  const std::string what = fmt::format("believe receipt '{}'", path);
  TRY_ASSIGN(const Json json, parse_json(text, path));
  if (!json.is_object() || !json.contains("payloadType")) {
    if (signed_) return cannot(Kind::Denied, what, "nothing signs it, and a key was named that should");
    TRY_ASSIGN(auto plain, oci::read_receipt(text, path));
    return ReadReceipt{std::move(plain), {}};
  }
  const auto envelope = trust::read_envelope(json);
  if (!envelope) return cannot(what, envelope.error());
  if (envelope->payload_type != receipt_type) return cannot(Kind::Invalid, what, fmt::format("its envelope holds '{}', no receipt", envelope->payload_type.substr(0, 80)));
  std::string why = believed.keys.empty() ? "it is signed: name the key that should have signed it with --key" : "it is signed by another key, or was altered";
  for (const BelievedKey& each : believed.keys) {  // of several that signed it one suffices
    if (!trust::verify_envelope(*envelope, each.key)) continue;
    const auto judged = each.terms ? trust::judge(*each.terms, believed.now) : trust::Judgement{trust::Standing::Valid, each.name, {}};
    if (judged.standing != trust::Standing::Valid) {
      why = judged.rule;
      continue;
    }
    TRY_ASSIGN(auto receipt, oci::read_receipt(envelope->payload, path));
    return ReadReceipt{std::move(receipt), each.name};
  }
  return cannot(Kind::Denied, what, why);
}

Result<std::vector<oci::ReceiptFault>> verify_receipt(host::Machine& machine, const oci::Receipt& receipt, const std::string& ref_text) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(ref_text.empty() ? receipt.destination : ref_text));
  oci::ReceiptPlace place;
  std::unique_ptr<oci::Registry> registry;
  std::unique_ptr<oci::ImageReader> reader;
  if (ref.transport == oci::Transport::Registry) {
    TRY_ASSIGN(registry, oci::Registry::open(machine, ref));
    place.manifest = [&](const Digest& digest) -> Result<std::string> {
      TRY_ASSIGN(auto document, registry->manifest(digest.str()));
      return std::move(document.text);
    };
    place.open = [&](const Digest& digest) { return registry->blob(digest); };
    place.resolve = [&](const std::string& tag) -> Result<Digest> {
      TRY_ASSIGN(const auto document, registry->manifest(tag));
      return document.descriptor.digest;
    };
  } else {
    TRY_ASSIGN(reader, oci::open_image(machine, ref));
    place.manifest = [&](const Digest& digest) { return reader->manifest(digest); };
    place.open = [&](const Digest& digest) { return reader->open(digest); };
    place.resolve = [&](const std::string& tag) -> Result<Digest> {
      TRY_ASSIGN(const auto neighbours, reader->neighbours(receipt.root));
      for (const oci::Descriptor& each : neighbours) {
        const auto name = each.annotations.find("org.opencontainers.image.ref.name");
        if (name != each.annotations.end() && name->second == tag) return each.digest;
      }
      return cannot(Kind::NotFound, fmt::format("find '{}'", tag), "there is no such tag");
    };
  }
  return oci::check_receipt(receipt, place);
}

}  // namespace ashlar::pipeline

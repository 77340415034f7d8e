// What can be said of a reference by itself.
#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/remarks.h"
#include "workload/repin.h"

namespace ashlar::workload {
namespace {

std::string sentence(const std::vector<std::string>& lines) { return join(lines, "; "); }

void replaceable(const ImageUse& use, const Replacements& replacements, Remarks& out) {
  const auto advice = replacements.find(*use.image);
  if (!advice) return;
  const std::string name = use.image->str();
  if (!advice->found()) {
    out.add("image-replaceable", use.span, fmt::format("'{}' has no hardened counterpart in the catalogue", name), advice->differs.empty() ? advice->entry->instead : sentence(advice->differs));
    return;
  }
  const std::string differs = advice->differs.empty() ? "" : ": " + sentence(advice->differs);
  const std::string dev = use.where == "FROM" && !advice->entry->dev.empty() ? fmt::format(" ('{}{}' in stages that RUN something)", advice->str(), advice->entry->dev) : "";
  out.add("image-replaceable", use.span, fmt::format("the catalogue's '{}' takes the place of '{}'", advice->str(), name), fmt::format("use the catalogue's '{}'{}{}", advice->str(), dev, differs));
}

/// Puts the digest behind a tag, where that is known.
void pin(const ImageUse& use, const CheckOptions& options, Remark& remark) {
  const std::string digest = options.digest_of ? options.digest_of(*use.image) : std::string();
  if (digest.empty() || !is_mendable(use)) return;
  auto edits = edits_to(use, {use.image->name, use.image->tag, digest});
  if (!edits) return;
  remark.edits = std::move(*edits);
  remark.remedy = fmt::format("write '{}:{}@{}'", use.image->name, use.image->tag, digest);
}

}  // namespace

bool is_mendable(const ImageUse& use) { return use.image && use.variables.empty() && use.unknown.empty() && use.reason.empty() && !use.parts && !use.shared; }

void check_images(const std::vector<ImageUse>& uses, const CheckOptions& options, Remarks& out) {
  for (const ImageUse& use : uses) {
    bool mended = false;  // it becomes another image
    if (options.ask) {
      for (Remark& each : options.ask(use)) mended = mended || !each.edits.empty(), out.list.push_back(std::move(each));
    }
    if (use.elsewhere) {
      if (options.says_unseen) out.add("image-unseen", use.span, fmt::format("'{}': {}", visible(use.written.substr(0, 200)), use.reason), "name it, too, or check what comes of it (`kustomize build`, `helm template`, the merged pipeline)");
      continue;
    }
    if (!use.reason.empty()) {
      out.add("image-variable", use.span, fmt::format("'{}': {}", visible(use.written.substr(0, 200)), use.reason), "say it in the file, or check what comes of it (`helm template`, `kustomize build`, `docker compose config`)");
      continue;
    }
    if (!use.unknown.empty()) {
      out.add("image-variable", use.span, fmt::format("'{}' decides which image '{}' is", visible(join(use.unknown, "', '").substr(0, 200)), visible(use.written.substr(0, 200))), "give the variable a default that can be checked");
      continue;
    }
    if (!use.image) {
      if (!use.text.empty()) out.add("image-invalid", use.span, fmt::format("'{}' is no reference to an image", visible(use.text.text.substr(0, 200))));
      continue;
    }
    if (use.where == "syntax") continue;  // the frontend is part of the builder
    const ImageName& name = *use.image;
    if (!name.digest.empty()) {
      if (name.tag.empty()) out.add("pin-without-tag", use.span, fmt::format("'{}' has a digest and no tag", name.str()), "write the tag before the digest, so that what renews references knows what to look for");
    } else if (name.tag.empty() || name.tag == "latest") {
      out.add("image-latest", use.span, fmt::format("'{}' is whatever is newest", name.str()), "name a version and its digest");
    } else {
      Remark& remark = out.add("image-unpinned", use.span, fmt::format("'{}' has no digest", name.str()), "write '@sha256:…' behind the tag, and let the bases be renewed");
      if (!mended) pin(use, options, remark);
    }
    if (options.replacements != nullptr) replaceable(use, *options.replacements, out);
  }
}

}  // namespace ashlar::workload

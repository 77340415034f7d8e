#include "pipeline/retain.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "deb/version.h"
#include "oci/attached.h"
#include "oci/registry.h"
#include "pipeline/inner/revision.h"
#include "pipeline/signatures.h"

namespace ashlar::pipeline {
namespace {

/// A tag, what it points at, and what that is made of.
struct Named {
  std::string tag;
  Digest digest = Digest::from({});
  std::vector<Digest> parts{};  ///< manifests of its index, and of indexes in it
  std::optional<Revision> revision{};
};

class Repository {
 public:
  Repository(host::Machine& machine, oci::Registry& registry, oci::ImageRef at) : machine_(machine), registry_(registry), at_(std::move(at)) { at_.tag.clear(), at_.digest.clear(); }

  /// Tags of images; those that are made of a digest name what refers to one.
  Result<std::vector<Named>> read(const std::string& tag_of_image) {
    TRY_ASSIGN(auto tags, registry_.tags());
    std::ranges::sort(tags);  // registries list them as they like
    std::vector<Named> out;
    for (const std::string& tag : tags) {
      if (tag.starts_with("sha256-")) continue;
      TRY_ASSIGN(const auto document, registry_.manifest(tag));
      Named named{.tag = tag, .digest = document.descriptor.digest};
      TRY(add_parts(document, max_depth, named.parts));
      named.revision = revision_of(tag, tag_of_image);
      out.push_back(std::move(named));
    }
    return out;
  }

  /// Texts of the statements on an image and its parts, and the artifacts that hold them.
  Result<std::vector<oci::Attached>> statements(const Named& named) {
    std::vector<oci::Attached> out;
    TRY_ASSIGN(const auto reader, open(named.digest));
    std::vector<Digest> of = named.parts;
    of.push_back(named.digest);
    for (const Digest& each : of) {
      auto attached = oci::attached_to(*reader, each);
      if (!attached.unread.empty()) return cannot(Kind::Unavailable, "tell which revisions statements need", attached.unread.front());  // it might name one
      std::ranges::move(attached.contents, std::back_inserter(out));
    }
    return out;
  }

  /// Whole images first, so that none is ever there without a part or its statements; what `needed` names stays.
  Done remove(const std::vector<const Named*>& images, const std::map<Digest, std::string>& needed) {
    std::set<Digest> roots, parts, artifacts;
    for (const Named* each : images) {
      roots.insert(each->digest);
      parts.insert(each->parts.begin(), each->parts.end());
      TRY_ASSIGN(const auto attached, statements(*each));
      for (const oci::Attached& one : attached) {
        if (!needed.contains(one.subject)) artifacts.insert(one.manifest);
      }
    }
    const std::set<Digest>* const all[] = {&roots, &parts, &artifacts};
    const auto goes = [&](const Digest& digest) { return !needed.contains(digest); };
    // Whoever may not read one of them would be stopped half way.
    for (const std::set<Digest>* each : all) {
      for (const Digest& digest : *each) {
        if (!goes(digest)) continue;
        if (auto read = registry_.manifest(digest.str()); !read && read.error().kind != Kind::NotFound) return std::unexpected(std::move(read).error());
      }
    }
    removing_ = true;
    for (const std::set<Digest>* each : all) {
      for (const Digest& digest : *each) {
        if (goes(digest)) TRY(gone(registry_.remove(digest.str())));
      }
    }
    return {};
  }
  /// Whether something may have been deleted.
  bool is_removing() const { return removing_; }

 private:
  static constexpr int max_depth = 8;  // of indexes in indexes

  Done add_parts(const oci::Document& document, int depth, std::vector<Digest>& into) {
    if (!oci::is_index(document.descriptor.media_type)) return {};
    if (depth == 0) return cannot(Kind::Invalid, fmt::format("read index '{}'", document.descriptor.digest.str()), "it lies too deep in other indexes");
    TRY_ASSIGN(const auto index, oci::read_index(document.text));
    for (const oci::Descriptor& each : index.manifests) {
      into.push_back(each.digest);
      if (!oci::is_index(each.media_type)) continue;
      TRY_ASSIGN(const auto inner, registry_.manifest(each.digest.str()));
      TRY(add_parts(inner, depth - 1, into));
    }
    return {};
  }
  static Done gone(Done done) { return done || done.error().kind != Kind::NotFound ? done : Done(); }
  Result<std::unique_ptr<oci::ImageReader>> open(const Digest& digest) {
    oci::ImageRef ref = at_;
    ref.digest = digest.str();
    return oci::open_image(machine_, ref);
  }
  host::Machine& machine_;
  oci::Registry& registry_;
  oci::ImageRef at_;
  bool removing_ = false;
};

/// The newest first.
bool is_newer(const Named& a, const Named& b) {
  const auto order = deb::compare_versions(a.revision->version, b.revision->version);
  return order != 0 ? order > 0 : a.revision->number > b.revision->number;
}

/// As retain() says.
Result<std::vector<OldRevision>> clean_up(Repository& repository, const std::string& tag_of_image, unsigned keep) {
  TRY_ASSIGN(auto all, repository.read(tag_of_image));
  const auto others = std::ranges::stable_partition(all, [](const Named& each) { return each.revision.has_value(); });
  std::vector<Named> revisions(all.begin(), others.begin());
  std::ranges::stable_sort(revisions, is_newer);
  const size_t kept = std::min<size_t>(keep, revisions.size());

  // What stays, why, and what statements on it say.
  std::map<Digest, std::string> needed;
  std::vector<std::pair<std::string, std::string>> said;  // the tag of what it is on, and its text
  const auto stay = [&](const Named& each) -> Done {
    needed.try_emplace(each.digest, fmt::format("tag '{}' points at it", each.tag));
    for (const Digest& part : each.parts) needed.try_emplace(part, fmt::format("it is part of '{}'", each.tag));
    TRY_ASSIGN(const auto statements, repository.statements(each));
    for (const oci::Attached& one : statements) {
      const Signature statement = judge_signature(one, {}, {});
      // What an image took the place of is named by the notes on it, and nothing needs it for that.
      if (statement.predicate_type != attest::changes_uri) said.emplace_back(each.tag, statement.unproved);
    }
    return {};
  };
  for (const Named& each : std::span(others.begin(), others.end())) TRY(stay(each));
  for (const Named& each : std::span(revisions).first(kept)) TRY(stay(each));

  const auto why_needed = [&](const Named& old) -> std::string {
    if (const auto found = needed.find(old.digest); found != needed.end()) return found->second;
    std::vector<Digest> own = old.parts;
    own.push_back(old.digest);
    for (const auto& [tag, text] : said) {
      if (std::ranges::any_of(own, [&](const Digest& each) { return text.find(each.hex()) != std::string::npos; })) return fmt::format("a statement on '{}' names it", tag);
    }
    return {};
  };
  std::vector<OldRevision> out;
  for (const Named& old : std::span(revisions).subspan(kept)) out.push_back({old.tag, old.digest});
  // What stays may itself name others.
  for (bool more = true; more;) {
    more = false;
    for (size_t at_ = 0; at_ < out.size(); ++at_) {
      const Named& old = revisions[kept + at_];
      if (!out[at_].kept.empty()) continue;
      out[at_].kept = why_needed(old);
      if (out[at_].kept.empty()) continue;
      TRY(stay(old));
      more = true;
    }
  }
  std::vector<const Named*> going;
  for (size_t at_ = 0; at_ < out.size(); ++at_) {
    if (out[at_].kept.empty()) going.push_back(&revisions[kept + at_]);
  }
  TRY(repository.remove(going, needed));
  return out;
}

}  // namespace

Done may_retain(const oci::ImageRef& at, unsigned keep) {
  const std::string what = fmt::format("clean up '{}'", at.str());
  if (at.transport != oci::Transport::Registry) return cannot(Kind::Invalid, what, "revisions are deleted from registries alone; copy out of a layout what you want to keep");
  if (keep == 0) return cannot(Kind::Invalid, what, "at least one revision is kept");
  return {};
}

Result<std::vector<OldRevision>> retain(host::Machine& machine, const oci::ImageRef& at, const plan::Definition& definition, unsigned keep) {
  TRY(may_retain(at, keep));
  TRY_ASSIGN(const auto registry, oci::Registry::open(machine, at));
  Repository repository(machine, *registry, at);
  auto done = clean_up(repository, definition.tags.empty() ? "latest" : definition.tags.front(), keep);
  if (done) return done;
  return cannot(fmt::format("clean up '{}'{}", at.str(), repository.is_removing() ? "" : ", of which nothing was deleted"), std::move(done).error());
}

}  // namespace ashlar::pipeline

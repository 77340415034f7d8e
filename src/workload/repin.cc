#include "workload/repin.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

namespace ashlar::workload {
namespace {

constexpr int max_trials = 200;  // each reads the text again

bool is_meant(const ImageName& use, const ImageName& from) { return use.name == from.name && (from.digest.empty() ? use.tag == from.tag : use.digest == from.digest); }

ImageName moved(const ImageName& use, const ImageName& to) {
  ImageName out = {to.name, use.tag, to.digest};
  if (!to.tag.empty() && (!use.tag.empty() || to.digest.empty())) out.tag = to.tag;
  return out;
}

/// Whether YAML would take it for a number, so that its last zero would go.
bool looks_like_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0 || c == '.' || c == '_' || c == 'e' || c == 'E' || c == 'x' || c == 'o' || c == '+' || c == '-'; }) && std::isdigit(static_cast<unsigned char>(text[0])) != 0;
}

/// The edits that make one use another, part by part; a reason where there are none.
class Mover {
 public:
  explicit Mover(const ImageUse& use) : use_(use) {}
  std::vector<Edit> edits;
  std::string reason;

  bool move(const ImageName& to) {
    const ImageName& old = *use_.image;
    size_t at = 0;
    if (!part(at, old.name, to.name)) return false;
    at += old.name.size();
    if (!tail(at, ':', old.tag, to.tag)) return false;
    at += old.tag.empty() ? 0 : old.tag.size() + 1;
    return tail(at, '@', old.digest, to.digest);
  }

 private:
  bool refuse(std::string why) { return reason = std::move(why), false; }

  /// `before`, which stands at `at` of the text, becomes `after`.
  bool part(size_t at, const std::string& before, const std::string& after) {
    if (before == after) return true;
    const auto run = use_.text.run(at, at + before.size());
    if (!run) return refuse(use_.variables.empty() ? "it is not written in one piece" : "several values make it");
    edits.push_back({run->first, run->second, after});
    return true;
  }

  bool tail(size_t at, char sign, const std::string& before, const std::string& after) {
    if (before == after) return true;
    if (!before.empty() && !after.empty()) {
      const bool scalar = use_.parts && sign == ':' && use_.plain && looks_like_number(after);
      return part(at + 1, before, scalar ? fmt::format("\"{}\"", after) : after);
    }
    if (before.empty()) {
      // A digest goes behind the tag; one that stands beside it in its own value would have to be put into a chart's own words.
      if (use_.parts && sign == '@' && use_.image->tag.empty()) return refuse("it has neither a tag nor a digest to stand behind");
      if (use_.parts && sign == ':') return refuse("it has no tag");
      const auto run = use_.text.run(at, at);
      if (!run) return refuse("it is not written in one piece");
      edits.push_back({run->second, run->second, sign + after});
      return true;
    }
    if (use_.parts) return refuse(fmt::format("its {} is a value of its own, that would have to go", sign == ':' ? "tag" : "digest"));
    const auto run = use_.text.run(at, at + 1 + before.size());
    if (!run) return refuse("several values make it");
    edits.push_back({run->first, run->second, ""});
    return true;
  }

  const ImageUse& use_;
};

struct Planned {
  size_t use = 0;
  std::vector<Edit> edits;
  std::string after;
};

/// Moves the first, and those that change the same bytes.
void take_group(std::vector<Planned>& from, std::vector<Planned>& into) {
  const std::vector<Edit> edits = from.front().edits;
  std::vector<Planned> others;
  for (size_t at = 0; at < from.size(); ++at) {
    const bool shares = at == 0 || std::ranges::any_of(from[at].edits, [&](const Edit& each) { return std::ranges::find(edits, each) != edits.end(); });
    (shares ? into : others).push_back(std::move(from[at]));
  }
  from = std::move(others);
}

std::string applied(std::string_view text, std::vector<Edit> edits) {
  // Two uses may share bytes, as those of one ARG.
  std::ranges::sort(edits, [](const Edit& a, const Edit& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  edits.erase(std::unique(edits.begin(), edits.end()), edits.end());
  std::string out;
  size_t at = 0;
  for (const Edit& each : edits) {
    if (each.begin < at) continue;
    out += text.substr(at, each.begin - at);
    out += each.bytes;
    at = each.end;
  }
  return out += text.substr(at);
}

/// Whether each use of a text comes out as wanted.
bool holds(const Result<std::vector<ImageUse>>& uses, const std::vector<std::string>& wanted) {
  return uses && std::ranges::equal(*uses, wanted, {}, [](const ImageUse& each) { return each.text.text; });
}

}  // namespace

Result<std::vector<Edit>> edits_to(const ImageUse& use, const ImageName& to) {
  const auto refuse = [&](std::string_view why) { return cannot(Kind::Invalid, fmt::format("write '{}' for '{}'", to.str(), use.text.text), why); };
  if (!use.image) return refuse("it names no image");
  Mover mover(use);
  if (!mover.move(to)) return refuse(mover.reason);
  return std::move(mover.edits);
}

Result<Repinned> repin(FileKind kind, std::string_view text, std::string_view path, const ImageName& from, const ImageName& to) {
  TRY_ASSIGN(const auto uses, images_of(kind, text, path));
  Repinned out;
  std::vector<Planned> planned;
  for (size_t at = 0; at < uses.size(); ++at) {
    const ImageUse& use = uses[at];
    if (!use.image || !is_meant(*use.image, from)) continue;
    const ImageName after = moved(*use.image, to);
    if (after == *use.image) continue;
    Mover mover(use);
    if (mover.move(after)) planned.push_back({at, std::move(mover.edits), after.str()});
    else out.kept.push_back({use.where, use.span, use.written, std::move(mover.reason)});
  }
  const auto result = [&](const std::vector<Planned>& plan, std::vector<std::string>& wanted) {
    std::vector<Edit> edits;
    wanted.clear();
    for (const ImageUse& each : uses) wanted.push_back(each.text.text);
    for (const Planned& each : plan) {
      wanted[each.use] = each.after;
      edits.insert(edits.end(), each.edits.begin(), each.edits.end());
    }
    return applied(text, std::move(edits));
  };
  std::vector<std::string> wanted;
  out.text = result(planned, wanted);
  if (!holds(images_of(kind, out.text, path), wanted)) {
    // Somebody's bytes mean more than one: those who spoil it stay.
    std::vector<Planned> good;
    for (int trial = 0; !planned.empty(); ++trial) {
      const size_t before = good.size();
      take_group(planned, good);
      if (trial < max_trials && holds(images_of(kind, result(good, wanted), path), wanted)) continue;
      for (size_t at = before; at < good.size(); ++at) {
        const ImageUse& use = uses[good[at].use];
        out.kept.push_back({use.where, use.span, use.written, "what makes it makes another image, too"});
      }
      good.resize(before);
    }
    planned = std::move(good);
    out.text = result(planned, wanted);
  }
  for (const Planned& each : planned) {
    const ImageUse& use = uses[each.use];
    out.changes.push_back({use.where, use.span, use.text.text, each.after});
  }
  return out;
}

}  // namespace ashlar::workload

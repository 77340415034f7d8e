// Images of files of GitLab CI: of all jobs and of each, with variables of the whole pipeline.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/yaml_finder.h"

namespace ashlar::workload {
namespace {

/// Keys of a pipeline that are no jobs and have images or variables of their own.
bool is_job(const YamlNode& name, const YamlNode& job) { return job.type == YamlNode::Type::Mapping && name.text != "variables" && name.text != "image" && name.text != "services"; }

constexpr int max_references = 10;  // to each other, as GitLab takes

bool is_of_repository(std::string_view place) { return place.find("://") == std::string_view::npos && place.find('$') == std::string_view::npos; }

void take(const YamlNode& node, Includes& out) {
  if (node.type == YamlNode::Type::Scalar) {
    if (node.text.empty()) return;
    (is_of_repository(node.text) ? out.local : out.others).push_back(is_of_repository(node.text) ? node.text : fmt::format("'{}'", node.text));
  } else if (const YamlNode* const local = node.find("local"); local != nullptr && local->type == YamlNode::Type::Scalar) {
    take(*local, out);
  } else {
    for (const char* const kind : {"remote", "template", "project", "component", "artifact"}) {
      if (const YamlNode* const value = node.find(kind)) out.others.push_back(fmt::format("{} '{}'", kind, value->text));
    }
  }
}

/// Everything that a document includes, with its place; jobs do so with `trigger`, for the pipeline that they start.
template <class Look>
void each_include(const YamlNode& root, Look&& look) {
  const auto all = [&](const std::string& where, const YamlNode* include) {
    if (include == nullptr) return;
    if (include->type != YamlNode::Type::Sequence) look(where, *include);
    for (size_t at = 0; at < include->items.size(); ++at) look(fmt::format("{}[{}]", where, at), include->items[at]);
  };
  all("include", root.find("include"));
  for (const auto& [name, job] : root.members) {
    if (const YamlNode* const trigger = job.find("trigger")) all(name.text + ".trigger.include", trigger->find("include"));
  }
}

class GitLabFinder : public YamlFinder {
 public:
  GitLabFinder(const YamlStream& stream, const Beside* beside) : YamlFinder(stream, beside) {
    if (beside == nullptr) return;
    missing_ = beside->missing;
    for (const std::string& text : beside->pipeline) {
      auto read = YamlStream::read(text, "pipeline");
      if (read) streams_.push_back(std::move(*read));
      else missing_.emplace_back("a file of the pipeline that cannot be read");
    }
  }

 private:
  void look(const YamlNode& root) override {
    given_.clear(), strong_.clear(), own_.clear(), extended_.clear(), jobs_.clear();
    root_ = &root, borrowed_ = anything_ = false;
    values = streams_.empty() ? variables_of(root) : globals_of(root);
    if (streams_.empty()) gather(root, false);
    if (beside() != nullptr && beside()->is_included) each_include(root, [this](const std::string& where, const YamlNode& node) { include(where, node); });
    const auto global = values;
    alone_ = false;
    job_of("", root);
    for (const auto& [name, job] : root.members) {
      if (!is_job(name, job)) continue;
      const auto own = variables_of(job);
      values = own, values.insert(global.begin(), global.end());
      own_.clear();
      for (const auto& [each, value] : own) own_.insert(each);
      if (const YamlNode* variables = job.find("variables")) for (const auto& [each, value] : variables->members) if (!own.contains(each.text)) values.erase(each.text);
      // What others extend stands for their values, too; and a job that several files have is made of all of them.
      const bool stands_for_others = name.text == "default" || name.text.starts_with('.') || extended_.contains(name.text) || jobs_[name.text] > 1;
      if (stands_for_others) own_.clear();
      alone_ = !stands_for_others && job.find("extends") == nullptr;
      job_of(name.text + ".", job);
    }
  }
  /// Of all files of the pipeline, the later before the earlier; those of the present file with their places.
  std::map<std::string, Traced> globals_of(const YamlNode& root) {
    std::map<std::string, const YamlNode*> all;
    for (const YamlStream& each : streams_) {
      for (const YamlStream::Document& document : each.documents()) {
        for (const auto& [name, value] : document.root.members) {
          if (name.text != "variables") gather_under(name.text, value, false);
          if (is_job(name, value)) ++jobs_[name.text];
        }
        const YamlNode* variables = document.root.find("variables");
        if (variables == nullptr) continue;
        for (const auto& [name, value] : variables->members) all[name.text] = &value;
      }
    }
    const auto own = variables_of(root);
    std::map<std::string, Traced> made;
    for (const auto& [name, value] : all) {
      give(name, *value, false);
      const YamlNode* const text = plain_value(*value);
      if (text == nullptr) continue;
      if (const auto here = own.find(name); here != own.end() && here->second.text == text->text) made[name] = here->second;
      else made[name].add_loose(text->text);
    }
    return made;
  }

  /// What is included and not checked by itself may name any image.
  void include(const std::string& where, const YamlNode& node) {
    Includes all;
    take(node, all);
    for (const std::string& each : all.others) add_unseen(where, node, fmt::format("{} is included, and not here", visible(each.substr(0, 300))));
    for (const std::string& each : all.local) {
      if (!beside()->is_included(each)) add_unseen(where, node, fmt::format("'{}' is included, and not among what is checked", visible(each.substr(0, 200))));
    }
  }

  void job_of(const std::string& before, const YamlNode& job) {
    const auto one = [&](const std::string& where, const YamlNode& value) {
      const YamlNode* const name = value.find("name");
      if (is_reference(value)) referenced(before + where, value);
      else if (is_text(&value)) image(before + where, value);
      else if (is_text(name)) image(before + where + ".name", *name);
      else if (name != nullptr && is_reference(*name)) referenced(before + where + ".name", *name);
    };
    if (const YamlNode* image = job.find("image")) one("image", *image);
    const YamlNode* services = job.find("services");
    if (services == nullptr) return;
    if (is_reference(*services)) return referenced(before + "services", *services);
    for (size_t at = 0; at < services->items.size(); ++at) one(fmt::format("services[{}]", at), services->items[at]);
  }

  /// What `!reference` brings: of the present file what stands where an image is, is looked at there.
  void referenced(const std::string& where, const YamlNode& node) {
    std::vector<std::string> keys;
    for (const YamlNode& each : node.items) keys.push_back(each.text);
    const bool of_job = keys.size() == 2 && (keys[1] == "image" || keys[1] == "services");
    if (of_job && below(*root_, node) != nullptr && is_job({}, *root_->find(keys[0]))) return;
    const YamlNode* const here = target(node);
    if (here == nullptr) return add_undecided(where, node, fmt::format("it is what '{}' is, which is not here", visible(join(keys, ".").substr(0, 200))));
    brought(where, node, *here, 0);
  }
  /// What a reference means: of the present file, else of the last one of the pipeline that has it; null: none has.
  const YamlNode* target(const YamlNode& reference) const {
    const YamlNode* here = below(*root_, reference);
    for (auto stream = streams_.rbegin(); here == nullptr && stream != streams_.rend(); ++stream) {
      for (const YamlStream::Document& document : stream->documents()) {
        if (here == nullptr) here = below(document.root, reference);
      }
    }
    return here;
  }
  /// Whether what a reference brings to rules gives variables a value; what is not here may.
  bool gives_variables(const YamlNode& reference, int depth = 0) const {
    const YamlNode* const rules = target(reference);
    if (rules == nullptr || depth >= max_references || rules->find("variables") != nullptr) return true;
    return std::ranges::any_of(rules->items, [&](const YamlNode& each) { return each.find("variables") != nullptr || (each.type == YamlNode::Type::Sequence && gives_variables(each, depth + 1)); });
  }
  /// Whether `!reference` brings variables there: lists stand where a mapping would, or texts where mappings would.
  bool borrows(std::string_view key, const YamlNode& value) const {
    if (value.type != YamlNode::Type::Sequence) return false;
    if (key == "variables" || key == "parallel") return true;
    const auto is_text_or_list = [](const YamlNode& each) { return each.type != YamlNode::Type::Mapping; };
    if (key == "matrix") return std::ranges::any_of(value.items, is_text_or_list);
    if (key != "rules" || value.items.empty()) return false;
    if (value.items[0].type == YamlNode::Type::Scalar) return gives_variables(value);
    return std::ranges::any_of(value.items, [&](const YamlNode& each) { return is_text_or_list(each) && gives_variables(each); });
  }
  static const YamlNode* below(const YamlNode& root, const YamlNode& keys) {
    const YamlNode* out = &root;
    for (const YamlNode& each : keys.items) {
      if (out != nullptr) out = out->find(each.text);
    }
    return keys.items.empty() ? nullptr : out;
  }
  void brought(const std::string& where, const YamlNode& node, const YamlNode& value, int depth) {
    const YamlNode& text = value.find("name") != nullptr ? *value.find("name") : value;
    if (is_text(&text)) {
      Traced loose;
      loose.add_loose(text.text);
      return note_missing(add_loose(where, node, substituted(loose)));
    }
    // Lists are services; one within another is another reference.
    const bool nested = std::ranges::any_of(value.items, [](const YamlNode& each) { return each.type == YamlNode::Type::Sequence; });
    if (value.items.empty() || nested || is_reference(value) || depth >= max_references) return add_undecided(where, node, "it is what another part of the pipeline makes it");
    for (const YamlNode& each : value.items) brought(where, node, each, depth + 1);
  }
  void note_missing(ImageUse& use) const {
    if (!missing_.empty() && !use.variables.empty()) use.reason = fmt::format("variables decide on it, which {} may give a value", visible(missing_.front().substr(0, 300)));
  }
  void image(const std::string& where, const YamlNode& node) {
    if (node.text.find("$[[") != std::string::npos) return add_undecided(where, node, "an input decides on it, which whoever includes the file gives");
    const size_t before = out.size();
    variable(where, node, 0);
    if (out.size() > before && out.back().unknown.size() == 1) {
      const std::string& name = out.back().unknown[0];
      const bool alone = node.text == "$" + name || node.text == "${" + name + "}";
      if (alone && !values.contains(name) && !given_.contains(name)) out.back().given = name;
    }
    if (out.size() > before) note_missing(out.back());
  }

  /// Every value that a variable is given anywhere: rules, matrices, jobs and what they extend have their say when a pipeline is made. `strong`: it outranks a job's own.
  void gather(const YamlNode& node, bool strong) {
    for (const YamlNode& each : node.items) gather(each, strong);
    for (const auto& [key, value] : node.members) gather_under(key.text, value, strong);
  }
  void gather_under(const std::string& key, const YamlNode& value, bool strong) {
    const auto all = [&](const YamlNode& variables, bool outranks) {
      for (const auto& [name, each] : variables.members) give(name.text, each, outranks);
    };
    if (key == "variables") all(value, strong);
    if (key == "matrix") for (const YamlNode& each : value.items) all(each, true);
    if (key == "extends") {
      extended_.insert(value.text);
      for (const YamlNode& each : value.items) extended_.insert(each.text);
    }
    // Whose image another job takes is not alone.
    if ((key == "image" || key == "services") && !value.items.empty()) {
      extended_.insert(value.items[0].text);
      for (const YamlNode& each : value.items) if (!each.items.empty()) extended_.insert(each.items[0].text);
    }
    if (borrows(key, value)) {
      borrowed_ = true;
      // Values under another key are not among those that are gathered.
      const auto elsewhere = [&](const YamlNode& list) { return !list.items.empty() && list.items.back().type == YamlNode::Type::Scalar && list.items.back().text != key; };
      anything_ = anything_ || ((key == "variables" || key == "matrix") && (elsewhere(value) || std::ranges::any_of(value.items, elsewhere)));
    }
    gather(value, strong || key == "rules");
  }
  void give(const std::string& name, const YamlNode& value, bool outranks) {
    const auto take = [&](const std::string& text) {
      given_[name].insert(text);
      if (outranks) strong_[name].insert(text);
    };
    if (value.type == YamlNode::Type::Scalar || value.type == YamlNode::Type::Null) take(value.text);
    for (const YamlNode& each : value.items) take(each.text);
    if (const YamlNode* text = value.find("value")) take(text->text);
    if (const YamlNode* options = value.find("options")) for (const YamlNode& each : options->items) take(each.text);
  }
  /// Whether it may have another value than the one at hand.
  bool is_open(const std::string& name) const override {
    const auto present = values.find(name);
    if (anything_) return true;
    if (present == values.end()) return given_.contains(name);
    const auto& all = !borrowed_ && (alone_ || own_.contains(name)) ? strong_ : given_;
    const auto given = all.find(name);
    return given != all.end() && std::ranges::any_of(given->second, [&](const std::string& each) { return each != present->second.text; });
  }
  /// One that other variables make is left to them.
  static const YamlNode* plain_value(const YamlNode& value) {
    const YamlNode* const text = value.type == YamlNode::Type::Mapping ? value.find("value") : &value;
    return is_text(text) && text->text.find('$') == std::string::npos ? text : nullptr;
  }
  std::map<std::string, Traced> variables_of(const YamlNode& of) const {
    std::map<std::string, Traced> made;
    const YamlNode* variables = of.find("variables");
    if (variables == nullptr) return made;
    for (const auto& [name, value] : variables->members) {
      if (const YamlNode* const text = plain_value(value)) made[name.text] = traced(*text);
    }
    return made;
  }

  std::vector<YamlStream> streams_{};       ///< of the pipeline, those first that others outrank
  std::vector<std::string> missing_{};      ///< what belongs to it and is not at hand
  std::map<std::string, std::set<std::string>> given_{}, strong_{};  ///< all values of each, wherever they stand; those that outrank a job's own
  std::set<std::string> own_{}, extended_{};  ///< variables that the present job gives itself; jobs that others extend
  std::map<std::string, int> jobs_{};       ///< in how many files of the pipeline a job stands
  bool alone_ = false;                      ///< the present job extends nothing, and nothing extends it
  const YamlNode* root_ = nullptr;          ///< of the present document
  bool borrowed_ = false;                   ///< `!reference` brings variables from elsewhere in the pipeline
  bool anything_ = false;                   ///< and nobody gathered which
};

}  // namespace

Includes includes_of(std::string_view text, std::string_view path) {
  Includes out;
  const auto stream = YamlStream::read(text, path);
  if (!stream) return out;
  for (const YamlStream::Document& document : stream->documents()) {
    each_include(document.root, [&](const std::string&, const YamlNode& node) { take(node, out); });
  }
  return out;
}

std::unique_ptr<YamlFinder> gitlab_finder(const YamlStream& stream, const Beside* beside) { return std::make_unique<GitLabFinder>(stream, beside); }

}  // namespace ashlar::workload

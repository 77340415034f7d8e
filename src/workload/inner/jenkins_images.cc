// Images of Jenkinsfiles: agents in containers, `docker.image`, templates of pods, and manifests of pods within texts.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/jenkins_file.h"
#include "workload/inner/jenkins_words.h"
#include "workload/inner/uses.h"
#include "workload/inner/yaml_finder.h"

namespace ashlar::workload {
namespace {

using Word = JenkinsWord;

constexpr std::size_t max_depth = 1000;

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text), lines_(text), words_(jenkins_words(text)) {}

  std::vector<ImageUse> find() {
    gather();
    for (at_ = 0; at_ < words_.size(); ++at_) {
      const Word& word = words_[at_];
      if (word.is("{") || word.is("(")) open();
      else if (word.is("}") || word.is(")")) close(word.is("}") ? '{' : '(');
      else if (word.kind == Word::Kind::Name) name(word);
    }
    std::ranges::stable_sort(out_, {}, [](const ImageUse& each) { return each.span.begin; });
    return std::move(out_);
  }

 private:
  /// A block or a list of arguments, by the name before it.
  struct Level {
    char sign = '{';
    std::string_view name{};
    std::size_t first = 0;       ///< of the uses that were found within
    bool of_registry = false;    ///< a registry is put before names in it
  };

  /// Names that the file gives a value: `NAME = x`, `withEnv(['NAME=x'])`, and the parameter that it declares with a default.
  void gather() {
    for (std::size_t at = 0; at < words_.size(); ++at) {
      const Word& word = words_[at];
      if (word.kind == Word::Kind::Name && this->word(at + 1).is("=") && !this->word(at + 2).is("=")) set_.emplace(word.text);
      if (word.kind == Word::Kind::Text && word.text.find('=') != std::string_view::npos) set_.emplace(trim(word.text.substr(0, word.text.find('='))));
      if (word.kind == Word::Kind::Text && at > 1 && words_[at - 1].is(":") && words_[at - 2].is("name")) set_.emplace(word.text);
    }
  }

  const Word& word(std::size_t at) const {
    static const Word none{};
    return at < words_.size() ? words_[at] : none;
  }
  bool within(std::string_view name) const {
    return std::ranges::any_of(levels_, [&](const Level& each) { return each.name == name; });
  }

  void open() {
    std::string_view named;
    // `withRegistry('x') {` is the block of withRegistry: its arguments stand between.
    if (at_ > 0 && words_[at_ - 1].is(")") && words_[at_].is("{")) named = closed_;
    else if (at_ > 0 && words_[at_ - 1].kind == Word::Kind::Name) named = words_[at_ - 1].text;
    const bool registry = words_[at_].is("{") && named == "withRegistry";
    if (levels_.size() < max_depth) levels_.push_back({words_[at_].text[0], named, out_.size(), registry});
  }
  void close(char sign) {
    const auto found = std::ranges::find(levels_.rbegin(), levels_.rend(), sign, &Level::sign);
    if (found == levels_.rend()) return;
    const Level level = *found;
    levels_.erase(std::prev(found.base()), levels_.end());
    closed_ = level.name;
    if (!level.of_registry) return;
    for (std::size_t at = level.first; at < out_.size(); ++at) {
      if (out_[at].reason.empty() && out_[at].unknown.empty()) out_[at].reason = "a registry is put before it (`registryUrl` or `docker.withRegistry`)";
    }
  }

  void name(const Word& word) {
    const Word& next = this->word(at_ + 1);
    const std::string_view here = levels_.empty() ? std::string_view() : levels_.back().name;
    if (word.text == "registryUrl" && here == "docker") levels_.back().of_registry = true;
    else if (word.text == "image" && here == "docker") value("agent.docker.image", at_ + 1);
    else if (word.text == "image" && next.is(":") && within("containerTemplate")) value("containerTemplate.image", at_ + 2);
    else if (word.text == "docker" && here == "agent" && (next.kind == Word::Kind::Text || next.is("("))) value("agent.docker", at_ + 1);
    else if (word.text == "docker" && next.is(".") && this->word(at_ + 2).is("image")) value("docker.image", at_ + 3);
    else if (word.text == "yaml" && (within("kubernetes") || within("podTemplate"))) pods(next.is(":") || next.is("(") ? at_ + 2 : at_ + 1);
    else if ((word.text == "yamlFile" || word.text == "inheritFrom") && (within("kubernetes") || within("podTemplate"))) elsewhere(word, fmt::format("`{}` brings the containers of the agent", word.text));
    else if (word.text == "Library" && at_ > 0 && words_[at_ - 1].is("@")) elsewhere(word, "a library of pipelines brings steps along");
    else if (word.text == "load" && next.kind == Word::Kind::Text) elsewhere(word, "another script is loaded");
  }

  /// The text at a word, in parentheses or not; what is none, an expression makes.
  void value(const std::string& where, std::size_t at) {
    if (word(at).is("(")) ++at;
    const Word& value = word(at);
    const bool alone = value.kind == Word::Kind::Text && !word(at + 1).is("+");
    if (!alone) {
      const Word& place = value.begin == value.end ? words_[at_] : value;
      return undecided(where, place, "an expression decides on it");
    }
    if (value.text.empty()) return;
    Traced written(value.text, value.begin);
    Substituted made{.text = written, .unknown = {}, .used = {}};
    const std::string variable = value.expands ? variable_of(value.text) : std::string();
    if (!variable.empty()) made.unknown.push_back(variable);
    if (value.text.find('\\') != std::string_view::npos) return undecided(where, value, "it is written with escapes");
    out_.push_back(make_use(where, written, std::move(made), lines_));
    const bool whole = value.text == "$" + variable || value.text == "${" + variable + "}";
    if (!variable.empty() && whole && !set_.contains(last_part(variable))) out_.back().given = last_part(variable);
  }
  /// The first that is put in; empty: none.
  static std::string variable_of(std::string_view text) {
    const std::size_t begin = text.find('$');
    if (begin == std::string_view::npos) return {};
    const std::string_view rest = text.substr(begin + 1);
    if (rest.starts_with('{')) return std::string(rest.substr(1, rest.find('}') == std::string_view::npos ? rest.size() : rest.find('}') - 1));
    std::size_t end = 0;
    while (end < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[end])) != 0 || rest[end] == '_' || rest[end] == '.')) ++end;
    return end == 0 ? "$" : std::string(rest.substr(0, end));
  }
  /// `env.NAME` and `params.NAME` are NAME.
  static std::string last_part(const std::string& variable) {
    for (const std::string_view before : {"env.", "params."}) {
      if (variable.starts_with(before)) return variable.substr(before.size());
    }
    return variable;
  }

  void undecided(const std::string& where, const Word& place, std::string reason) {
    ImageUse use;
    use.where = where;
    use.written = place.text.substr(0, 1000);
    use.span = lines_.span(place.begin, place.end);
    use.reason = std::move(reason);
    out_.push_back(std::move(use));
  }
  void elsewhere(const Word& word, std::string reason) {
    undecided(std::string(word.text), word, std::move(reason));
    out_.back().elsewhere = true;
  }

  /// A manifest within a text: its uses with their places in the whole file.
  void pods(std::size_t at) {
    const Word& manifest = word(at);
    if (manifest.kind != Word::Kind::Text) return undecided("kubernetes.yaml", manifest.begin == manifest.end ? words_[at_] : manifest, "an expression makes the manifest of the pod");
    const auto stream = YamlStream::read(manifest.text, "yaml");
    if (!stream) return undecided("kubernetes.yaml", words_[at_], "the manifest of the pod cannot be read");
    for (ImageUse& use : manifest_finder(*stream, nullptr)->find()) {
      use.where = "kubernetes.yaml " + use.where;
      for (std::uint32_t& each : use.text.from) each += each == Traced::nowhere ? 0 : static_cast<std::uint32_t>(manifest.begin);
      use.span = lines_.span(use.span.begin + manifest.begin, use.span.end + manifest.begin);
      if (const std::string variable = manifest.expands ? variable_of(use.written) : std::string(); !variable.empty()) use.image.reset(), use.unknown = {variable};
      out_.push_back(std::move(use));
    }
  }

  std::string_view text_;
  Lines lines_;
  std::vector<Word> words_;
  std::size_t at_ = 0;
  std::vector<Level> levels_{};
  std::string_view closed_{};  ///< the name before the parentheses that were closed last
  std::set<std::string> set_{};
  std::vector<ImageUse> out_{};
};

}  // namespace

Done can_read_jenkins(std::string_view text, std::string_view path) {
  if (text.size() > max_jenkins_bytes) return cannot(Kind::Invalid, fmt::format("read '{}'", path), "it is larger than 4 MiB");
  return {};
}

std::vector<ImageUse> jenkins_images(std::string_view text) { return Finder(text).find(); }

}  // namespace ashlar::workload

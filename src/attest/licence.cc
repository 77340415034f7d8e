#include "attest/licence.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attest/inner/licence_names.h"
#include "base/digest.h"
#include "base/text.h"
#include "deb/control.h"

namespace ashlar::attest {
namespace {

using TextOf = std::function<std::string(std::string_view name)>;

/// An expression under way: whether it has an operator at its top.
struct Term {
  std::string text;
  bool compound = false;
};

Term joined(const std::vector<Term>& terms, std::string_view by) {
  std::vector<const Term*> distinct;
  for (const Term& term : terms) {
    if (std::ranges::none_of(distinct, [&](const Term* each) { return each->text == term.text; })) distinct.push_back(&term);
  }
  if (distinct.size() == 1) return *distinct.front();
  Term out{{}, true};
  for (const Term* term : distinct) {
    if (!out.text.empty()) out.text += fmt::format(" {} ", by);
    out.text += term->compound ? "(" + term->text + ")" : term->text;
  }
  return out;
}

/// `LicenseRef-` and what an identifier may hold of the name, with a digest of the text: one name stands for many texts.
std::string reference(std::string_view name, const std::string& text) {
  std::string id = "LicenseRef-";
  for (const char c : name.substr(0, 60)) id += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' ? c : '-';
  return id + "-" + Digest::of(text).hex().substr(0, 8);
}

Term named(std::string_view name, const TextOf& text_of, std::map<std::string, std::string>& texts) {
  if (std::string id = spdx_licence(name); !id.empty()) return {std::move(id)};
  const size_t with = name.find(" with ");
  if (with != std::string_view::npos) {
    const std::string licence = spdx_licence(trim(name.substr(0, with))), exception = spdx_exception(trim(name.substr(with + 6)));
    if (!licence.empty() && !exception.empty()) return {licence + " WITH " + exception};
  }
  std::string text = text_of(name);
  if (text.empty()) text = fmt::format("The copyright file names this licence '{}' and does not hold its text.", name);
  std::string id = reference(name, text);
  texts.emplace(id, std::move(text));
  return {std::move(id)};
}

/// The words of a synopsis; a comma that stands before `and` or `or` is a word.
std::vector<std::string_view> tokens(std::string_view synopsis) {
  std::vector<std::string_view> out;
  for (std::string_view word : words(synopsis)) {
    const bool comma = word.ends_with(',');
    if (comma) word.remove_suffix(1);
    if (!word.empty()) out.push_back(word);
    if (comma) out.emplace_back(",");
  }
  return out;
}

bool is_word(std::string_view token, std::string_view word) { return token.size() == word.size() && std::ranges::equal(token, word, {}, [](char c) { return static_cast<char>(std::tolower(c)); }); }

/// `and` binds closer than `or`, and both closer than a comma before one of them (copyright-format 1.0, "License syntax").
class Parser {
 public:
  Parser(std::vector<std::string_view> tokens, const TextOf& text_of, std::map<std::string, std::string>& texts) : tokens_(std::move(tokens)), text_of_(text_of), texts_(texts) {}

  Term whole() {
    Term out = either();
    while (at_ < tokens_.size()) {
      take(",");  // either() stops at nothing else
      const bool alternative = take("or");
      if (!alternative) take("and");
      if (at_ >= tokens_.size()) break;
      out = joined({out, either()}, alternative ? "OR" : "AND");
    }
    return out;
  }

 private:
  Term either() {
    std::vector<Term> terms = {both()};
    while (peek("or")) {
      ++at_;
      terms.push_back(both());
    }
    return joined(terms, "OR");
  }
  Term both() {
    std::vector<Term> terms = {one()};
    while (peek("and")) {
      ++at_;
      terms.push_back(one());
    }
    return joined(terms, "AND");
  }
  Term one() {
    std::string name;
    while (at_ < tokens_.size() && !peek("or") && !peek("and") && tokens_[at_] != ",") name += (name.empty() ? "" : " ") + std::string(tokens_[at_++]);
    return named(name.empty() ? "unnamed" : name, text_of_, texts_);
  }
  bool peek(std::string_view word) const { return at_ < tokens_.size() && is_word(tokens_[at_], word); }
  bool take(std::string_view word) {
    const bool there = peek(word);
    at_ += there ? 1 : 0;
    return there;
  }

  std::vector<std::string_view> tokens_;
  size_t at_ = 0;
  const TextOf& text_of_;
  std::map<std::string, std::string>& texts_;
};

/// A field's continuation lines as text: without the blank before each, ` .` an empty line.
std::string text_below(std::string_view field) {
  const size_t first = field.find('\n');
  if (first == std::string_view::npos) return {};
  std::string out;
  for (std::string_view line : Parts(field.substr(first + 1), '\n')) {
    if (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
    out += line == "." ? std::string() : std::string(line);
    out += '\n';
  }
  return out;
}

/// What a file in the machine-readable form says; nothing when it is in another.
std::optional<Licence> read_structured(std::string_view text, std::string_view path) {
  deb::StanzaReader reader(text, path);
  deb::Stanza stanza;
  const auto head = reader.next(stanza);
  if (!head || !*head) return std::nullopt;
  const std::string_view format = stanza.has("Format") ? stanza.get("Format") : stanza.get("Format-Specification");
  if (format.find("copyright-format") == std::string_view::npos && format.find("dep5") == std::string_view::npos && format.find("dep-5") == std::string_view::npos) return std::nullopt;
  std::set<std::string> synopses;
  std::map<std::string, std::string, std::less<>> texts;  // by the whole first line of the paragraph that has it
  for (;;) {
    const std::string_view licence = stanza.get("License");
    const std::string synopsis(trim(licence.substr(0, licence.find('\n'))));
    if (std::string below = text_below(licence); !synopsis.empty() && !below.empty()) texts.emplace(synopsis, std::move(below));
    if (stanza.has("Files") && !synopsis.empty()) synopses.insert(synopsis);
    const auto more = reader.next(stanza);
    if (!more) return std::nullopt;
    if (!*more) break;
  }
  if (synopses.empty()) return std::nullopt;
  const auto text_of = [&](std::string_view name) {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string() : found->second;
  };
  Licence out;
  std::vector<Term> terms;
  std::set<std::string> seen;
  for (const std::string& synopsis : synopses) {
    Term term = Parser(tokens(synopsis), text_of, out.texts).whole();
    if (seen.insert(term.text).second) terms.push_back(std::move(term));
  }
  std::ranges::sort(terms, {}, &Term::text);
  out.expression = joined(terms, "AND").text;
  out.comment = fmt::format("from /{}", path);
  return out;
}

/// Licences by words that stand in their own texts alone, white space aside.
struct Phrase {
  std::string_view words, spdx;
};
constexpr std::array<Phrase, 6> phrases = {{{"PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", "PSF-2.0"},
                                            {"Permission is hereby granted, free of charge, to any person obtaining a copy of this software", "MIT"},
                                            {"Licensed under the Apache License, Version 2.0", "Apache-2.0"},
                                            {"Boost Software License - Version 1.0", "BSL-1.0"},
                                            {"Mozilla Public License Version 2.0", "MPL-2.0"},
                                            {"This software is provided 'as-is', without any express or implied warranty. In no event will the authors be held liable", "Zlib"}}};

/// Licences that a text names by where Debian keeps them, or by their own words.
std::set<std::string> licences_in(std::string_view text) {
  constexpr std::string_view folder = "/usr/share/common-licenses/";
  const bool later = text.find("any later version") != std::string_view::npos || text.find("any\nlater version") != std::string_view::npos;
  std::set<std::string> out;
  for (size_t at = text.find(folder); at != std::string_view::npos; at = text.find(folder, at + 1)) {
    std::string_view name = text.substr(at + folder.size());
    name = name.substr(0, name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-"));
    while (name.ends_with('.')) name.remove_suffix(1);
    if (name == "BSD") name = "BSD-3-clause";
    const bool gnu = name.starts_with("GPL-") || name.starts_with("LGPL-") || name.starts_with("GFDL-");
    if (std::string id = spdx_licence(gnu && later ? std::string(name) + "+" : std::string(name)); !id.empty()) out.insert(std::move(id));
  }
  std::string plain;
  for (const std::string_view word : words(text)) plain += std::string(word) + " ";
  for (const Phrase& phrase : phrases) {
    if (plain.find(phrase.words) != std::string::npos) out.emplace(phrase.spdx);
  }
  return out;
}

}  // namespace

std::string to_spdx(std::string_view synopsis, const TextOf& text_of, std::map<std::string, std::string>& texts) { return Parser(tokens(synopsis), text_of, texts).whole().text; }

Licence read_copyright(std::string_view text, std::string_view path) {
  if (auto structured = read_structured(text, path)) return std::move(*structured);
  Licence out;
  const auto named = licences_in(text);
  out.expression = fmt::format("{}", fmt::join(named, " AND "));
  out.comment = named.empty() ? fmt::format("not known: /{} is in free form (its {})", path, Digest::of(text).str()) : fmt::format("named in /{}, which is in free form (its {})", path, Digest::of(text).str());
  return out;
}

}  // namespace ashlar::attest

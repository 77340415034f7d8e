#include "policy/verify.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attest/predicate.h"
#include "attest/provenance.h"
#include "attest/support.h"
#include "base/text.h"
#include "policy/inner/age.h"
#include "policy/inner/dated.h"

namespace ashlar::policy {
namespace {

using Signatures = std::vector<const PresentedSignature*>;

bool is_by(const PresentedSignature& signature, const Signer& signer) {
  if (signer.identity) return signature.identity && signer.identity->admits(*signature.identity);
  return std::ranges::find(signature.signers, signer.str()) != signature.signers.end();
}

/// Whether a signature is one of those that count; with nobody named, whoever is believed.
bool counts(const PresentedSignature& signature, std::span<const Signer> signers) {
  return signature.verified && (signers.empty() || std::ranges::any_of(signers, [&](const Signer& each) { return is_by(signature, each); }));
}

std::string names_of(std::span<const Signer> signers) {
  if (signers.empty()) return "somebody who is believed";
  std::vector<std::string> out;
  for (const Signer& each : signers) out.push_back(each.str());
  return join(out, " or ");
}

/// Why signatures do not count, each once.
std::string whys(const Signatures& signatures, std::span<const Signer> signers) {
  std::set<std::string> out;
  for (const PresentedSignature* each : signatures) {
    if (counts(*each, signers)) continue;
    out.insert(each->verified ? fmt::format("{}: signed by '{}', whom the rule does not name", each->layout, each->by) : fmt::format("{}: {}", each->layout, each->reason));
  }
  return fmt::format("{}", fmt::join(out, "; "));
}

/// `https://spdx.dev/Document/v2.3` is `https://spdx.dev/Document`.
std::string_view plain_type(std::string_view uri) {
  const auto* const known = attest::find_predicate_type(uri);
  return known == nullptr ? uri : known->uri;
}
std::string_view word_of(std::string_view uri) {
  const auto* const known = attest::find_predicate_type(uri);
  return known == nullptr ? uri : known->name;
}

bool is_provenance(std::string_view type) { return type == attest::provenance_uri || type == attest::old_provenance_uri; }

std::string text_at(const Json& json, const char* pointer) {
  const Json::json_pointer place(pointer);
  return json.is_object() && json.contains(place) && json.at(place).is_string() ? json.at(place).get<std::string>() : std::string();
}

std::string builder_of(const attest::Statement& statement) { return text_at(statement.predicate, statement.predicate_type == attest::provenance_uri ? "/runDetails/builder/id" : "/builder/id"); }

/// When what a statement is about was done, as its signer says; else when it was signed.
std::optional<Time> time_of(const PresentedSignature& signature) {
  if (const Dated* const row = dated_of(plain_type(signature.statement->predicate_type))) {
    for (const char* place : row->places) {
      if (const auto time = Time::parse(text_at(signature.statement->predicate, place))) return *time;
    }
    // Parameters of another builder may have the same name, and another meaning.
    if (row->own != nullptr && text_at(signature.statement->predicate, "/buildDefinition/buildType") == attest::build_type) {
      if (const auto time = Time::parse(text_at(signature.statement->predicate, row->own))) return *time;
    }
  }
  return signature.signed_at;
}

/// The latest of several times that is not yet to come.
struct Newest {
  Time now;
  std::optional<Time> time{};
  std::optional<Time> to_come{};
  void add(const std::optional<Time>& each) {
    if (!each) return;
    auto& place = is_to_come(*each, now) ? to_come : time;
    if (!place || *place < *each) place = each;
  }
  std::int64_t age() const { return age_of(*time, now); }
};

class Judge {
 public:
  Judge(const VerifyRule& rule, const Presented& presented, Time now) : rule_(rule), presented_(presented), now_(now) {}

  std::vector<VerifyReason> reasons() {
    if (presented_.is_index) {
      if (rule_.image_signature && rule_.index_signature) judge_signatures();
      return std::move(out_);
    }
    if (rule_.image_signature) judge_signatures();
    for (const StatementRule& each : rule_.statements) judge_statement(each);
    if (!rule_.builders.empty()) judge_builder();
    if (rule_.max_age) judge_age();
    if (rule_.supported) judge_support();
    if (rule_.on_schedule) judge_schedule();
    return std::move(out_);
  }

 private:
  void holds(const char* rule, std::string what) { out_.push_back({rule, std::move(what), true, {}}); }
  void fails(const char* rule, std::string what, std::string remedy) { out_.push_back({rule, std::move(what), false, std::move(remedy)}); }

  Signatures image_signatures() const {
    Signatures out;
    for (const PresentedSignature& each : presented_.signatures) {
      if (each.signs_image) out.push_back(&each);
    }
    return out;
  }
  void judge_signatures() {
    const Signatures all = image_signatures();
    std::set<std::string> by, parties;
    for (const PresentedSignature* each : all) {
      if (counts(*each, rule_.signed_by)) by.insert(each->by), parties.insert(party_of(*each));
    }
    const std::string_view noun = presented_.is_index ? "the index" : "the image";
    if (parties.size() >= rule_.at_least) return holds("signed-by", fmt::format("{} is signed by {}", noun, fmt::join(by, ", ")));
    const std::string wanted = rule_.at_least == 1 ? names_of(rule_.signed_by) : fmt::format("{} of {}", rule_.at_least, names_of(rule_.signed_by));
    const std::string why = whys(all, rule_.signed_by);
    std::string what = all.empty() ? fmt::format("nothing signs {}", noun) : fmt::format("{} is not signed by {}", noun, wanted);
    if (!by.empty()) what += fmt::format(": only by {}", fmt::join(by, ", "));
    else if (!why.empty()) what += fmt::format(" ({})", why);
    if (presented_.is_index) fails("signed-by", what + ": who put its platforms together is not known", fmt::format("take an index signed by {}, verify the image of one platform with --platform, or say 'index-signature: false' in the rule", wanted));
    else fails("signed-by", std::move(what), fmt::format("take an image signed by {}, or name its signer in the rule's 'signed-by' if you believe it", wanted));
  }
  /// Of several names in certificates that one line of the rule admits, that line: who gets one such certificate gets more.
  std::string party_of(const PresentedSignature& signature) const {
    const auto line = std::ranges::find_if(rule_.signed_by, [&](const Signer& each) { return each.identity && is_by(signature, each); });
    return line == rule_.signed_by.end() ? signature.party : line->str();
  }

  /// Whoever may sign statements of a type.
  std::span<const Signer> signers_of(std::string_view type) const {
    const auto found = std::ranges::find_if(rule_.statements, [&](const StatementRule& each) { return plain_type(each.type) == type && !each.signed_by.empty(); });
    return found == rule_.statements.end() ? rule_.signed_by : found->signed_by;
  }
  bool is_by_builder(const attest::Statement& statement) const {
    if (rule_.builders.empty() || !is_provenance(statement.predicate_type)) return true;
    const std::string builder = builder_of(statement);
    return std::ranges::any_of(rule_.builders, [&](const std::string& each) { return matches_glob(each, builder); });
  }
  /// Statements of a type whose signer counts, by whatever builder.
  Signatures statements_of(std::string_view type) const {
    Signatures out;
    for (const PresentedSignature& each : presented_.signatures) {
      if (each.statement && plain_type(each.statement->predicate_type) == type && counts(each, signers_of(type))) out.push_back(&each);
    }
    return out;
  }
  /// Why there is none of a type.
  std::string lacks(std::string_view type) const {
    Signatures others;
    for (const PresentedSignature& each : presented_.signatures) {
      if (each.signs_image || (!each.predicate_type.empty() && plain_type(each.predicate_type) != type)) continue;
      others.push_back(&each);
    }
    const std::string why = whys(others, signers_of(type));
    return why.empty() ? std::string() : fmt::format(" ({})", why);
  }

  void judge_statement(const StatementRule& wanted) {
    const std::string_view type = plain_type(wanted.type), word = word_of(wanted.type);
    const std::string signers = names_of(signers_of(type));
    Signatures found = statements_of(type);
    if (found.empty()) return fails("statements", fmt::format("there is no statement '{}' by {}{}", word, signers, lacks(type)), fmt::format("it takes a statement '{}' on this image, signed by {}", word, signers));
    std::erase_if(found, [&](const PresentedSignature* each) { return !is_by_builder(*each->statement); });
    if (found.empty()) return fails("statements", fmt::format("no statement '{}' by {} is of a builder that the rule names", word, signers), fmt::format("it takes a statement '{}' of one of the rule's builders", word));
    if (!wanted.max_age) return holds("statements", fmt::format("there is a statement '{}' by {}", word, found.front()->by));
    Newest newest{now_};
    for (const PresentedSignature* each : found) newest.add(time_of(*each));
    const Dated* const dated = dated_of(type);
    say_age("statements", fmt::format("the newest statement '{}'", word), newest, *wanted.max_age, dated == nullptr ? "attach it anew, with a date or a time stamp" : dated->renewal);
  }
  void say_age(const char* rule, const std::string& subject, const Newest& newest, std::int64_t limit, std::string_view renewal) {
    const std::string most = age_text(limit);
    if (!newest.time && newest.to_come) return fails(rule, fmt::format("{} is dated {}, which is yet to come", subject, newest.to_come->str()), "look at the clocks of this machine and of the signer");
    if (!newest.time) return fails(rule, fmt::format("nothing tells when {} was made; it may be {} old at most", subject, most), "it takes a date in the statement, or a signature with a time stamp of a trusted authority or log (and a trust root)");
    const std::string said = fmt::format("{} is of {}, {} old", subject, newest.time->str(), age_text(newest.age()));
    if (newest.age() <= limit) holds(rule, said);
    else fails(rule, fmt::format("{}: more than {}", said, most), std::string(renewal));
  }

  void judge_builder() {
    Signatures found = statements_of(attest::provenance_uri);
    std::ranges::copy(statements_of(attest::old_provenance_uri), std::back_inserter(found));
    const std::string wanted = fmt::format("'{}'", fmt::join(rule_.builders, "' or '"));
    if (found.empty()) return fails("builder", fmt::format("no provenance that counts says who built it{}", lacks(attest::provenance_uri)), fmt::format("it takes a provenance by {} that names the builder {}", names_of(signers_of(attest::provenance_uri)), wanted));
    const auto good = std::ranges::find_if(found, [&](const PresentedSignature* each) { return is_by_builder(*each->statement); });
    if (good != found.end()) return holds("builder", fmt::format("it was built by '{}'", visible(builder_of(*(*good)->statement))));
    fails("builder", fmt::format("it was built by '{}', not by {}", visible(builder_of(*found.front()->statement)), wanted), "take an image of that builder, or name this one in the rule's 'builder' if you believe it");
  }

  void judge_age() {
    Newest newest{now_};
    for (const PresentedSignature* each : image_signatures()) {
      if (counts(*each, rule_.signed_by)) newest.add(each->signed_at);
    }
    for (const std::string_view type : {attest::provenance_uri, attest::old_provenance_uri, attest::vulnerability_scan_uri}) {
      for (const PresentedSignature* each : statements_of(type)) {
        if (is_by_builder(*each->statement)) newest.add(time_of(*each));
      }
    }
    say_age("max-age", "the newest signature, provenance or scan", newest, *rule_.max_age, fmt::format("{}; or build it anew, or take a newer image", dated_of(attest::vulnerability_scan_uri)->renewal));
  }

  /// What those promise who may, in what was said of its support; nothing, and why, where nobody does.
  std::optional<std::vector<attest::Promise>> promises(const char* rule) {
    const Signatures found = statements_of(attest::support_uri);
    if (found.empty()) return fails(rule, fmt::format("nobody promises support of it{}", lacks(attest::support_uri)), fmt::format("it takes a statement 'support' on this image, signed by {}", names_of(signers_of(attest::support_uri)))), std::nullopt;
    std::vector<attest::Promise> out;
    for (const PresentedSignature* each : found) {
      if (auto said = attest::read_support(each->statement->predicate)) out.push_back({std::move(*said), party_of(*each), each->signed_at});
    }
    if (out.empty()) return fails(rule, "what is said of its support cannot be read", "it takes a statement 'support' of the form that docs/formats/statements.md has"), std::nullopt;
    return out;
  }
  bool begun(const attest::SupportSaid& said) const { return !said.from || *said.from <= now_; }

  /// Of each who may promise the last word counts, whether it prolongs or shortens; of several of them one that holds suffices.
  void judge_support() {
    const auto said_of = promises("supported");
    if (!said_of) return;
    const attest::SupportSaid* best = nullptr;
    for (const size_t at : attest::last_words(*said_of, now_)) {
      const attest::SupportSaid& said = (*said_of)[at].said;
      const bool longer = best == nullptr || (begun(said) != begun(*best) ? begun(said) : !said.until || (best->until && *best->until < *said.until));
      if (longer) best = &said;
    }
    if (best == nullptr) return fails("supported", "its support is promised on a day that is yet to come", "look at the clocks of this machine and of the signer");
    if (!begun(*best)) return fails("supported", fmt::format("its support begins on {}", best->from->date()), "wait until then, or take an image that is supported now");
    if (best->until && *best->until <= now_) return fails("supported", fmt::format("its support ended on {}", best->until->date()), "take a newer image, or one whose support was prolonged by a later statement (its 'promised' says when)");
    holds("supported", best->until ? fmt::format("it is supported until {}", best->until->date()) : "it is supported, and no end is said");
  }

  /// The same words, of how often it is made again: of several the latest day suffices. Whose support has ended or not begun promises none.
  void judge_schedule() {
    const auto said_of = promises("on-schedule");
    if (!said_of) return;
    std::optional<Time> due;
    for (const size_t at : attest::last_words(*said_of, now_)) {
      const attest::SupportSaid& said = (*said_of)[at].said;
      const auto next = attest::due_again(said);
      if (next && begun(said) && (!said.until || now_ < *said.until) && (!due || *due < *next)) due = next;
    }
    if (!due) return fails("on-schedule", "nobody promises how often it is made again", "take an image whose statement 'support' has 'rebuilt_at_latest', and whose support has not ended");
    if (*due < now_) return fails("on-schedule", fmt::format("it was to be made again by {}", due->str()), "take the image that its tag points at now; where that is this one, the schedule was not kept: ask whoever signs it");
    holds("on-schedule", fmt::format("it is made again by {} at the latest", due->str()));
  }

  const VerifyRule& rule_;
  const Presented& presented_;
  Time now_;
  std::vector<VerifyReason> out_;
};

}  // namespace

std::string Signer::str() const {
  if (identity) return fmt::format("'{}' by '{}'", identity->name.text(), identity->issuer.text());
  return fmt::format("{} '{}'", of == Of::Ring ? "key" : "key file", key);
}

const VerifyRule* rule_for(const VerifyRules& rules, std::string_view repository) {
  const auto found = std::ranges::find_if(rules.rules, [&](const VerifyRule& rule) { return std::ranges::any_of(rule.images, [&](const std::string& each) { return matches_glob(each, repository); }); });
  return found == rules.rules.end() ? nullptr : &*found;
}

VerifyVerdict verify(const VerifyRules& rules, const Presented& presented, Time now) {
  const VerifyRule* const rule = rule_for(rules, presented.repository);
  VerifyVerdict out;
  if (rule == nullptr) {
    out.allowed = rules.admit_others;
    const std::string_view fallback = out.allowed ? "allow" : "deny";
    out.reasons.push_back({"images", fmt::format("no rule names '{}', and the default is '{}'", presented.repository, fallback), out.allowed, out.allowed ? "" : "write a rule whose 'images' name it, or say 'default: allow'"});
    return out;
  }
  out.rule = rule->name;
  out.reasons = Judge(*rule, presented, now).reasons();
  // A rule that asks for nothing admits nothing; of an index it may leave all to the platforms.
  out.allowed = (presented.is_index || !out.reasons.empty()) && std::ranges::all_of(out.reasons, &VerifyReason::holds);
  return out;
}

}  // namespace ashlar::policy

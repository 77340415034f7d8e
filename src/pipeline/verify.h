#pragma once
// What is signed of an image, by whom, and what not and why.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attest/support.h"
#include "host/machine.h"
#include "oci/layout.h"
#include "pipeline/signatures.h"

namespace ashlar::pipeline {

/// A content that is attached to an image, and what its signature is worth.
struct JudgedContent {
  oci::Attached attached;
  Signature signature;
};
struct JudgedContents {
  std::vector<JudgedContent> contents{};
  std::vector<std::string> unread{};  ///< as oci::Attachments has it
};
/// The one spelling of a predicate's type that has several.
std::string_view plain_type(std::string_view type);

/// Judges everything that is attached to the image, or to the index that it is of, whichever way it is signed.
Result<JudgedContents> judge_attached(oci::ImageReader& image, const oci::Descriptor& subject, const Believed& believed);

struct VerifyOptions {
  Believed believed{};
  std::string platform{};            ///< that platform's image; empty: what the reference means
  std::vector<std::string> types{};  ///< predicates of which a statement that we believe must be there
};

/// A support statement that we believe, held against the moment of verification.
struct SupportFound {
  attest::SupportSaid said{};
  std::string by{};              ///< the key that signed it
  bool begun = true, ended = false;
  bool superseded = false;       ///< the same signer has said something else of it since
  std::optional<Time> due{};     ///< by when it is to have been made again; none: no cadence is promised, or not for this time
  bool late = false;             ///< that has passed: there is a newer one, or the promise was not kept
  /// `its support ended on 2026-11-01, as 'release' says`
  std::string str() const;
};

struct Verification {
  std::string ref;
  Digest digest = Digest::from({});  ///< of what was verified
  std::vector<Signature> signatures{};
  std::vector<std::string> missing{};  ///< what would be needed and is not there, in words
  std::vector<std::string> unread{};   ///< what may be attached and was not looked at: without it, what is not verified may be
  std::map<Digest, std::string> platforms{};  ///< of the images of an index that were looked at: their names
  std::optional<Digest> index{};              ///< that the image is of, or that it is; what signs it was looked at, too
  std::vector<SupportFound> support{};        ///< what is promised of it, each once, those that rule first; none: nobody who is believed promises anything
  bool verified = false;
};

/// Judges everything that is attached to the image, or to the index that it is of. It is verified when the image itself is signed by whom we believe, and,
/// where types are named, a believed statement of each is there: of an index, on it or on the image of each of its platforms.
Result<Verification> verify(host::Machine& machine, const std::string& ref, const VerifyOptions& options);
/// The same of one manifest of an image that is open already, whatever `options` say of a platform.
Result<Verification> verify(oci::ImageReader& image, const oci::Descriptor& subject, const std::string& ref, const VerifyOptions& options);

}  // namespace ashlar::pipeline

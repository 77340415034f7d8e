#pragma once
// Images in Kubernetes manifests, in kustomizations (kustomization_images.cc), in what fetches others (fetched_images.cc) and in patches of both kinds.
#include <functional>
#include <map>
#include <optional>

#include "workload/inner/chart_finder.h"

namespace ashlar::workload {

class ManifestFinder : public ChartFinder {
 public:
  /// `patch`: the text is a part of a manifest, whatever its keys are.
  ManifestFinder(const YamlStream& stream, bool patch, const Beside* beside) : ChartFinder(stream, beside), patch_(patch) {}

 private:
  void look(const YamlNode& root) override;

  // Images of containers and of what is alike, wherever they stand, so that templates in resources of others are found, too.

  /// `images`: it stands where an `image` is one.
  void manifest(const YamlNode& node, const std::string& where, bool images);
  void image(const std::string& where, const YamlNode& node);
  /// Whether a text under this key is an image, where images stand.
  static bool is_image(std::string_view key, std::string_view text);
  /// JSON Patch (RFC 6902).
  void operations(const YamlNode& root);

  // Kustomizations: what they put in the place of images, and what they take from elsewhere.

  void kustomization(const YamlNode& root);
  /// The same as a manifest of its own (`apiVersion: builtin`), as lists of transformers and generators have it; false: it is none of these.
  bool builtin(const YamlNode& root);
  void part(const std::string& where, const YamlNode& item, std::string_view what);
  void patches(const YamlNode& root, const std::string& before = {});
  void patch_file(const std::string& where, const YamlNode& node);
  /// A patch or manifest within the file.
  void inlined(const std::string& where, const YamlNode& node, bool is_patch);
  void kustomized(const std::string& where, const YamlNode& item);
  void configuration(const std::string& where, const YamlNode& node);
  void chart(const std::string& where, const YamlNode& item);
  void values_file(const std::string& where, const YamlNode& node);
  void replacement(const std::string& where, const YamlNode& item);
  void replaced(const YamlNode& item, const std::function<void(const YamlNode& path)>& found) const;

  // Resources by which a cluster fetches what it runs: Argo CD's applications, Flux's releases and kustomizations, charts of k3s.

  /// False: it is none of these.
  bool fetched(const YamlNode& root);
  void application(const YamlNode& spec, const std::string& where);
  void source(const YamlNode& node, const std::string& where);
  void release(const YamlNode& spec);
  void chart_of_k3s(const YamlNode& spec);
  /// What a kustomization puts in the place of images, within another resource.
  void put_in_place(const YamlNode& node, const std::string& where);
  void values_text(const std::string& where, const YamlNode& node);
  /// Values by their paths: `image.repository`.
  void parameters(const std::string& where, const std::map<std::string, const YamlNode*>& given);

  bool is_checked(const std::string& place, FileKind kind = FileKind::Kubernetes) const;
  std::optional<std::string> text_of(const YamlNode& node) const;

  std::set<std::string> defaults_{};  ///< parameters of the present document that have a value there
  bool patch_;
  bool is_definition_ = false;  ///< the present document describes resources and is none that runs something
  bool is_rule_ = false;        ///< it is a rule of an engine of policies: what is no reference there is a pattern
};

}  // namespace ashlar::workload

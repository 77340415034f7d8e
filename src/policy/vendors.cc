#include "policy/vendors.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/section.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 1> file_keys = {"vendors"};
constexpr std::array<std::string_view, 5> vendor_keys = {"name", "title", "policy", "images", "users"};
constexpr std::array<std::string_view, 2> user_keys = {"of", "root"};
constexpr std::array<std::string_view, 2> flags = {"false", "true"};
constexpr const char* example_of_users = "users: [{of: 'registry.example/team/*:*-dev', root: true}, {of: 'registry.example/team/**', root: false}]";

class Reader : public Section {
 public:
  using Section::Section;

  void read(const YamlNode& root, std::vector<Vendor>& out) {
    if (!known(root, file_keys)) return;
    const YamlNode* const list = root.find("vendors");
    if (list == nullptr) return fault(root, "'vendors' is missing", "vendors: [{name: ours, images: registry.example/team/**}]");
    for (const YamlNode* each : items(*list, "a list of vendors is expected here", "vendors: [{name: ours, images: registry.example/team/**}]")) {
      if (!known(*each, vendor_keys)) continue;
      Vendor vendor{.name = text(*each, "name"), .title = text(*each, "title"), .policy = text(*each, "policy"), .images = texts(*each, "images")};
      if (vendor.name.empty()) fault(*each, "a vendor needs a 'name'");
      else if (std::ranges::find(out, vendor.name, &Vendor::name) != out.end()) fault(*each, fmt::format("another vendor is named '{}'", vendor.name));
      if (vendor.images.empty() && each->find("images") == nullptr) fault(*each, "a vendor needs 'images': which repositories are theirs", "images: registry.example/team/**");
      if (vendor.title.empty()) vendor.title = vendor.name;
      read_users(*each, vendor);
      out.push_back(std::move(vendor));
    }
  }

 private:
  void read_users(const YamlNode& node, Vendor& out) {
    const YamlNode* const list = node.find("users");
    if (list == nullptr) return;
    for (const YamlNode* each : items(*list, "a list of images and whether they run as root is expected here", example_of_users)) {
      if (!known(*each, user_keys)) continue;
      VendorUser user{.of = text(*each, "of")};
      if (const auto word = one_of(*each, "root", flags)) user.root = *word == 1;
      if (user.of.empty() || each->find("root") == nullptr) fault(*each, "it says 'of' which images, and 'root'", example_of_users);
      out.users.push_back(std::move(user));
    }
  }
};

}  // namespace

Result<std::vector<Vendor>> read_vendors(std::string text, std::string path) {
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path));
  Reader reader(document);
  std::vector<Vendor> out;
  reader.read(document.root, out);
  if (!reader.faults.empty()) return has_faults(fmt::format("read vendors '{}'", path), std::move(reader.faults));
  return out;
}

const Vendor* vendor_of(const std::vector<Vendor>& vendors, std::string_view repository) {
  const auto found = std::ranges::find_if(vendors, [&](const Vendor& vendor) { return std::ranges::any_of(vendor.images, [&](const std::string& each) { return matches_glob(each, repository); }); });
  return found == vendors.end() ? nullptr : &*found;
}

std::optional<bool> runs_as_root(const std::vector<Vendor>& vendors, std::string_view repository, std::string_view tag) {
  const Vendor* const vendor = vendor_of(vendors, repository);
  if (vendor == nullptr || tag.empty()) return std::nullopt;
  const std::string name = fmt::format("{}:{}", repository, tag);
  const auto found = std::ranges::find_if(vendor->users, [&](const VendorUser& each) { return matches_glob(each.of, name); });
  return found == vendor->users.end() ? std::nullopt : std::optional(found->root);
}

}  // namespace ashlar::policy

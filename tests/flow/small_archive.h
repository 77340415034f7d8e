#pragma once
// A small archive on disk, signed by a key made on the spot, and a project that builds from it: most flows need no network.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "deb/inner/archive_fixture.h"
#include "stage.h"

namespace ashlar::flow {

/// A package that the archive offers; its file is made of these values alone.
struct SmallPackage {
  std::string name, version;
  std::string architecture = "all";
  std::string depends = {};                         ///< the field's value
  std::map<std::string, std::string> files = {};    ///< content by path; below usr/bin executable, ending in `/` a folder, beginning with `-> ` a link
  std::map<std::string, std::string> scripts = {};  ///< `postinst` and its like
  struct Rights { std::uint32_t uid = 0, gid = 0, mode = 0; };
  std::map<std::string, Rights> rights = {};        ///< of files that are not root's, or have another mode than the usual one
};

/// Suites `stone`, `stone-security` and `stone-proposed` for amd64 and arm64.
class SmallArchive {
 public:
  explicit SmallArchive(host::Path folder);
  /// Replaces the package of that name and architecture in the suite; publish() makes it seen.
  void put(const std::string& suite, SmallPackage package);
  void remove(const std::string& suite, const std::string& name);
  /// Writes packages, indexes and signed Release files, each later than the one before.
  void publish();
  std::string url() const { return "file://" + folder_.string(); }
  const host::Path& folder() const { return folder_; }
  std::string certificate() const { return key_.certificate(); }
  /// Where the file of a package lies below folder().
  static std::string pool_path(const SmallPackage& package);

 private:
  void publish_suite(const std::string& suite);
  host::Path folder_;
  deb::fixture::SigningKey key_;
  std::map<std::string, std::vector<SmallPackage>> suites_;
  Time date_;
};

/// The file of a package (deb(5)).
std::string deb_of(const SmallPackage& package);

/// A stage with an archive in `archive/`, and a project: `ashlar.yaml`, `key.asc`, `small.yaml` (base-files and greeter for two platforms) and
/// `dev.yaml`, a `-dev` variant of the same for amd64.
class SmallProject : public ::testing::Test {
 protected:
  void SetUp() override;
  /// What `greeter` depends on, with a later version in the security suite when `security`.
  void offer_words(const std::string& version, bool security);
  void offer_greeter(const std::string& version);
  /// Replaces a piece of a file of the project; it must be there.
  void edit(const host::Path& path, std::string_view from, std::string_view to);
  Json lock(const std::string& name = "small") const;       ///< the lock that is there
  std::string version_of(const std::string& package, const std::string& platform = "linux/amd64") const;  ///< in the lock of small.yaml

  Stage stage;
  std::unique_ptr<SmallArchive> archive;
};

/// The same with packages that are Debian 13's to a scan, an image of them for amd64 in `oci:out:1`, and feeds that know them: nothing is open in it.
class KnownProject : public SmallProject {
 protected:
  void SetUp() override;
  /// Makes small.yaml, for amd64 alone, one of Debian 13 to whoever judges it, and locks it.
  void call_it_debian();
  /// A key for P-256: NAME.key without a password, and NAME.pub.
  void make_key(const std::string& name) const;
  /// Offers `greeter` with files of its own and a list of them.
  void offer_known_greeter(const std::string& version);
  /// A database in which `greeter` has a flaw that is fixed in `fixed`.
  void know(const std::string& fixed);
  static std::string bytes_of(const std::filesystem::path& path);
};

}  // namespace ashlar::flow

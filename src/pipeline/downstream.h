#pragma once
// Pull requests for those who build on an image: their files with the new reference, and the message that proposes it.
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "forge/message.h"
#include "workload/repin.h"

namespace ashlar::pipeline {

struct DownstreamFile {
  std::string path;   ///< from the repository's root
  std::string bytes;
};

struct DownstreamWish {
  std::string target;                  ///< of the configuration
  std::string project;                 ///< the repository that is built on the image; empty: the target's
  std::string base;                    ///< its branch; empty: its default
  std::vector<DownstreamFile> files;   ///< those that may name the image; of other kinds of files nothing is taken
  std::vector<workload::ImageName> from;  ///< of one name: each is moved
  workload::ImageName to;
  std::string text;                    ///< Markdown: the difference between the images and what the tests said
  Time now;
};

struct Downstream {
  struct Note {
    std::string path, where, reason;
    int line = 0, column = 0;
    std::string written;
  };
  std::vector<forge::FileChange> changes;
  std::vector<Note> kept;              ///< uses that are meant and could not be moved
  std::vector<Note> unread;            ///< files that could not be read, with why
  forge::Message message;              ///< a pull request; without a change there is none to send, and its key is empty
};

/// By which the request for an image in a repository's branch is found again.
std::string key_of_request(const std::string& target, const std::string& project, const std::string& base, const std::string& name);

struct Outdated {
  std::vector<workload::ImageName> images;  ///< a digest once
  std::vector<Downstream::Note> unread;     ///< files that could not be read, with why: what they name is not known
};

/// The references in the files that a digest published under `tags` is to take the place of: those of that name with another digest, which stands behind one of the
/// tags or is one of `published`. What follows a tag without a digest needs nothing. A YAML file that names the image and cannot be
/// read is unread, whatever kind of file it was to be.
Outdated outdated(const std::vector<DownstreamFile>& files, const workload::ImageName& now, const std::vector<std::string>& tags, const std::set<std::string>& published);

/// Moves the references in all files. One open request stands for a project, branch and image: its key says so, a later move updates it. The message's body
/// holds a table of what changes, what was kept and why, and the text handed in. The same input gives the same message.
Downstream downstream(const DownstreamWish& wish);

}  // namespace ashlar::pipeline

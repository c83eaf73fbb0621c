// The tapset as scripts see it: every file parses, every function and alias
// checks when a script uses it, and the manual names them all.
#include "tapset/tapset.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lang/lang.h"
#include "source/diagnostic.h"
#include "source/source.h"

namespace podtap {
namespace {

const std::vector<std::string> kPrimitives = {"begin", "end",     "error", "never",
                                              "timer", "process", "kernel"};

struct Parsed {
  source::SourceSet sources;
  source::Diagnostics diagnostics;
  std::vector<std::unique_ptr<lang::File>> files;
};

void ParseTapset(Parsed& parsed, const std::string& release, const std::string& arch) {
  lang::Environment environment;
  environment.kernel_release = release;
  environment.arch = arch;
  for (const tapset::Script& script : tapset::Scripts()) {
    const source::FileId id =
        parsed.sources.Add(std::string(script.name), std::string(script.text), true);
    parsed.files.push_back(lang::Parse(parsed.sources, id, environment, parsed.diagnostics));
  }
}

bool IsPublic(const std::string& name) { return !name.starts_with("__"); }

// One probe for each function (an overload each) that calls it with 1 and "a".
std::string CallEverything(const std::vector<std::unique_ptr<lang::File>>& files) {
  std::string script;
  for (const auto& file : files) {
    for (const auto& function : file->functions) {
      if (!IsPublic(function->name)) continue;
      std::string call = function->name + "(";
      for (size_t i = 0; i < function->parameter_count; i++) {
        call += i == 0 ? "" : ", ";
        call += function->locals[i].type == lang::Type::kString ? "\"a\"" : "1";
      }
      call += ")";
      const bool has_value = function->result != lang::Type::kUnknown;
      script += "probe begin { " + (has_value ? "println(" + call + ")" : call) + " }\n";
    }
  }
  return script;
}

std::vector<std::string> AliasNames(const std::vector<std::unique_ptr<lang::File>>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) {
    for (const auto& alias : file->aliases) {
      for (const auto& components : alias->names) {
        std::string text;
        for (const lang::Component& component : components) {
          text += (text.empty() ? "" : ".") + component.name;
        }
        names.push_back(text);
      }
    }
  }
  return names;
}

std::string CheckText(Parsed& parsed, const std::string& text) {
  const source::FileId id = parsed.sources.Add("all.stp", text);
  auto user = lang::Parse(parsed.sources, id, {}, parsed.diagnostics);
  lang::Check(parsed.sources, std::move(user), std::move(parsed.files), kPrimitives, {},
              parsed.diagnostics);
  return source::Render(parsed.sources, parsed.diagnostics, false, false);
}

TEST(Tapset, EveryFileParsesForEveryKernel) {
  for (const char* release : {"5.10.0-28-amd64", "6.1.0-18-cloud-amd64", "6.18.44", "7.3.1"}) {
    for (const char* arch : {"x86_64", "arm64"}) {
      Parsed parsed;
      ParseTapset(parsed, release, arch);
      EXPECT_TRUE(parsed.diagnostics.all().empty())
          << release << " " << arch << "\n"
          << source::Render(parsed.sources, parsed.diagnostics, false);
    }
  }
}

TEST(Tapset, EveryFunctionChecks) {
  for (const char* release : {"5.10.0", "6.18.44"}) {
    Parsed parsed;
    ParseTapset(parsed, release, "x86_64");
    const std::string script = CallEverything(parsed.files);
    EXPECT_EQ(CheckText(parsed, script), "") << release;
  }
}

TEST(Tapset, EveryAliasChecks) {
  Parsed parsed;
  ParseTapset(parsed, "6.18.44", "x86_64");
  std::string script;
  for (const std::string& name : AliasNames(parsed.files)) {
    script += "probe " + name + " { println(pid()) }\n";
  }
  EXPECT_EQ(CheckText(parsed, script), "");
}

TEST(Tapset, NamesAreUnique) {
  Parsed parsed;
  ParseTapset(parsed, "6.18.44", "x86_64");
  std::set<std::string> seen;
  for (const auto& file : parsed.files) {
    for (const auto& function : file->functions) {
      const std::string overload =
          function->name + "/" + std::to_string(function->parameter_count);
      EXPECT_TRUE(seen.insert(overload).second) << overload;
    }
  }
}

TEST(Tapset, StaysSmallEnoughToParseAtEveryStart) {
  size_t bytes = 0;
  for (const tapset::Script& script : tapset::Scripts()) bytes += script.text.size();
  EXPECT_LT(bytes, 80U * 1024);
}

std::string ReadDoc(const std::string& name) {
  std::ifstream in(std::string(PODTAP_SOURCE_DIR) + "/docs/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Tapset, TheManualNamesEveryFunctionAndAlias) {
  Parsed parsed;
  ParseTapset(parsed, "6.18.44", "x86_64");
  const std::string functions = ReadDoc("functions.md");
  for (const auto& file : parsed.files) {
    for (const auto& function : file->functions) {
      if (!IsPublic(function->name)) continue;
      EXPECT_NE(functions.find("`" + function->name + "("), std::string::npos) << function->name;
    }
  }
  const std::string probes = ReadDoc("probes.md");
  for (const std::string& name : AliasNames(parsed.files)) {
    EXPECT_NE(probes.find("`" + name + "`"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace podtap

// Who declares what: functions and globals by name, as each file sees them.
//
// What enters: the parsed files. What leaves: the declaration that a name means
// in a given file. A file sees its own names first and then what the tapset
// declares without `private`; the tapset never sees the user's names, so that a
// script can't break podtap's own functions by naming one of its own alike.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "lang/check/reporter.h"
#include "lang/tree.h"

namespace podtap::lang::check {

template <typename T>
struct Declared {
  T* what = nullptr;
  const File* file = nullptr;
  bool tapset = false;
};
using DeclaredGlobal = Declared<Global>;
using DeclaredFunction = Declared<Function>;

enum class Tier { kOwnFile, kTapset };

class Symbols {
 public:
  Symbols(const File& user, const std::vector<std::unique_ptr<File>>& tapset);

  // Names declared twice in one file.
  void ReportDuplicates(Reporter& reporter) const;

  const DeclaredGlobal* FindGlobal(std::string_view name, const File& from, Tier tier) const;

  // What a call of `name` with `arity` arguments may run, in the order to try.
  // It ends with the first one that never says `next`.
  const std::vector<const DeclaredFunction*>& FindFunctions(std::string_view name, size_t arity,
                                                            const File& from);
  // The arities under which `name` can be called; empty if nobody declares it.
  std::vector<size_t> Arities(std::string_view name, const File& from) const;

  // What a file sees, sorted; made at the first mistake that asks for it.
  const Names& FunctionNames(const File& from);
  const Names& GlobalNames(const File& from);

 private:
  template <typename T>
  using Table = std::unordered_map<std::string_view, std::vector<Declared<T>>>;
  void Add(const File& file, bool tapset);
  template <typename T>
  static bool Sees(const File& from, const Declared<T>& declared);

  template <typename T>
  static Names Visible(const Table<T>& table, const File& from);

  Table<Global> globals_;
  Table<Function> functions_;
  std::vector<const File*> files_;
  std::map<std::tuple<const File*, std::string, size_t>, std::vector<const DeclaredFunction*>>
      candidates_;
  std::map<const File*, Names> function_names_, global_names_;
};

// Whether a `next` stands anywhere in the statement.
bool ContainsNext(Stmt& stmt);

}  // namespace podtap::lang::check

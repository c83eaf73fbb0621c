#include "store/evidence_json.h"

#include <concepts>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "store/evidence_fields.h"

namespace podtap::store {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kSchema = "podtap.death/v1";

template <typename T>
concept HasWords = requires {
  EnumWords<T>::kWords;
};

Json ToJson(const Row& row);

// Where the fields of a value stand, in their order.
class FieldAddresses {
 public:
  template <typename T>
  void operator()(const char* /*name*/, const T& field) {
    addresses_.push_back(&field);
  }
  const void* at(size_t i) const { return addresses_.at(i); }

 private:
  std::vector<const void*> addresses_;
};

class Writer {
 public:
  // The fields of `value` as members of `out`. One with the default value that the
  // struct gives it (not always 0) is left out.
  template <typename T>
  static void Write(const T& value, Json& out) {
    const T fresh{};
    FieldAddresses defaults;
    Fields(defaults, fresh);
    Writer writer(out, defaults);
    Fields(writer, value);
  }

  // Called by Fields(), once a field.
  template <typename T>
  void operator()(const char* name, const T& value) {
    if (value == *static_cast<const T*>(defaults_.at(next_++))) return;
    out_[name] = Value(value);
  }

  template <typename T>
  static Json Value(const T& value) {
    if constexpr (HasWords<T>) {
      return EnumWords<T>::kWords.at(static_cast<size_t>(value));
    } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
      return value;
    } else if constexpr (requires { value.value; }) {
      return value.value;  // Strong
    } else if constexpr (std::same_as<T, Row>) {
      return ToJson(value);
    } else {
      Json object = Json::object();
      Write(value, object);
      return object;
    }
  }
  template <typename T>
  static Json Value(const std::vector<T>& values) {
    Json array = Json::array();
    for (const T& value : values) array.push_back(Value(value));
    return array;
  }
  template <typename T>
  static Json Value(const std::optional<T>& value) {
    return Value(*value);
  }

 private:
  Writer(Json& out, const FieldAddresses& defaults) : out_(out), defaults_(defaults) {}

  Json& out_;
  const FieldAddresses& defaults_;
  size_t next_ = 0;
};

Json ToJson(const Row& row) {
  Json object = {{"at", row.at.value}, {"kind", RowKind(row)}};
  std::visit([&](const auto& fact) { Writer::Write(fact, object); }, row.fact);
  return object;
}

std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// Reads fields out of an object; the first thing that is wrong stays in `problem`.
class Reader {
 public:
  Reader(const Json& in, std::string path, std::string& problem)
      : in_(in), path_(std::move(path)), problem_(problem) {}

  template <typename T>
  void operator()(const char* name, T& value) {
    if (!problem_.empty()) return;
    const auto found = in_.find(name);
    if (found != in_.end()) Read(*found, path_ + "." + name, value);
  }

  template <typename T>
  void Read(const Json& json, const std::string& path, T& value) {
    if constexpr (HasWords<T>) {
      ReadWord(json, path, value);
    } else if constexpr (std::same_as<T, bool>) {
      if (!json.is_boolean()) return Fail(path, "true or false");
      value = json.template get<bool>();
    } else if constexpr (std::integral<T>) {
      ReadNumber(json, path, value);
    } else if constexpr (std::same_as<T, std::string>) {
      if (!json.is_string()) return Fail(path, "a string");
      value = json.template get<std::string>();
    } else if constexpr (requires { value.value; }) {
      Read(json, path, value.value);
    } else if constexpr (std::same_as<T, Row>) {
      ReadRow(json, path, value);
    } else {
      if (!json.is_object()) return Fail(path, "an object");
      Reader reader(json, path, problem_);
      Fields(reader, value);
    }
  }
  template <typename T>
  void Read(const Json& json, const std::string& path, std::vector<T>& values) {
    if (!json.is_array()) return Fail(path, "an array");
    for (const Json& element : json) {
      const std::string place = path + "[" + std::to_string(values.size()) + "]";
      Read(element, place, values.emplace_back());
      if (!problem_.empty()) return;
    }
  }
  template <typename T>
  void Read(const Json& json, const std::string& path, std::optional<T>& value) {
    if (json.is_null()) return;
    Read(json, path, value.emplace());
  }

 private:
  void Fail(const std::string& path, std::string_view expected) {
    if (problem_.empty()) problem_ = path + " is not " + std::string(expected);
  }
  template <typename T>
  void ReadNumber(const Json& json, const std::string& path, T& value) {
    if (json.is_number_unsigned()) {
      const auto number = json.template get<uint64_t>();
      if (!std::in_range<T>(number)) return Fail(path, "in range");
      value = static_cast<T>(number);
    } else if (json.is_number_integer()) {
      const auto number = json.template get<int64_t>();
      if (!std::in_range<T>(number)) return Fail(path, "in range");
      value = static_cast<T>(number);
    } else {
      Fail(path, "a whole number");
    }
  }
  template <typename T>
  void ReadWord(const Json& json, const std::string& path, T& value) {
    if (!json.is_string()) return Fail(path, "a word");
    const auto& word = json.template get_ref<const std::string&>();
    for (size_t i = 0; i < EnumWords<T>::kWords.size(); i++) {
      if (EnumWords<T>::kWords[i] != word) continue;
      value = static_cast<T>(i);
      return;
    }
    Fail(path, "a word that is known");
  }
  void ReadRow(const Json& json, const std::string& path, Row& row) {
    if (!json.is_object()) return Fail(path, "an object");
    Reader reader(json, path, problem_);
    reader("at", row.at);
    std::string kind;
    reader("kind", kind);
    if (!ReadFact(reader, kind, row.fact, std::make_index_sequence<kRowKinds.size()>{})) {
      Fail(path + ".kind", "a kind of row that is known");
    }
  }
  template <size_t... I>
  static bool ReadFact(Reader& reader, std::string_view kind, Fact& fact,
                       std::index_sequence<I...> /*alternatives*/) {
    const auto read = [&](auto alternative) {
      if (kRowKinds[alternative] != kind) return false;
      Fields(reader, fact.template emplace<decltype(alternative)::value>());
      return true;
    };
    return (read(std::integral_constant<size_t, I>{}) || ...);
  }

  const Json& in_;
  std::string path_;
  std::string& problem_;
};

std::unexpected<Error> NotADeath(std::string reason) {
  return std::unexpected(Error{.kind = ErrorKind::kInput,
                               .tried = "read the evidence of a death",
                               .on = "",
                               .reason = std::move(reason),
                               .error_number = 0,
                               .remedy = "",
                               .detail = ""});
}

}  // namespace

std::string_view RowKind(const Row& row) { return kRowKinds.at(row.fact.index()); }

std::string RowToJson(const Row& row) { return Dump(ToJson(row), -1); }

std::string DeathToJson(const Death& death, int indent) {
  Json object = {{"schema", kSchema}};
  Writer::Write(death, object);
  return Dump(object, indent);
}

Result<Death> DeathFromJson(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return NotADeath("it is not JSON");
  if (!json.is_object() || json.value("schema", Json()) != kSchema) {
    return NotADeath("its schema is not " + std::string(kSchema));
  }
  Death death;
  std::string problem;
  Reader reader(json, "death", problem);
  Fields(reader, death);
  if (!problem.empty()) return NotADeath(problem);
  return death;
}

}  // namespace podtap::store

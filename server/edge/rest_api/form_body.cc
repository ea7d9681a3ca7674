#include "edge/rest_api/form_body.h"

#include <algorithm>

#include "foundation/bytes/secret_bytes.h"
#include "foundation/http_types/target.h"

namespace sealpost {
namespace {

std::string_view view_of(const std::vector<char>& text) { return {text.data(), text.size()}; }

// '+' is a space; escapes become octets, which must be UTF-8 without control characters.
bool decode(std::string_view text, std::vector<char>& out) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  auto decoded = percent_decode(spaced);
  const bool readable = decoded && is_utf8(*decoded) && std::ranges::none_of(*decoded, [](char c) {
                          return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
                        });
  if (readable) out.assign(decoded->begin(), decoded->end());
  if (decoded) wipe_memory(decoded->data(), decoded->size());
  wipe_memory(spaced.data(), spaced.size());
  return readable;
}

}  // namespace

FormBody::~FormBody() {
  for (Field& field : fields_) wipe_memory(field.value.data(), field.value.size());
}

Result<FormBody, FormError> FormBody::parse(std::string_view text) {
  FormBody form;
  form.fields_.reserve(kMaxFields);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (form.fields_.size() == kMaxFields) return fail(FormError::TooMany);
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos) return fail(FormError::Malformed);
    Field field;
    if (!decode(pair.substr(0, equals), field.name)) return fail(FormError::Malformed);
    form.fields_.push_back(std::move(field));
    if (!decode(pair.substr(equals + 1), form.fields_.back().value)) return fail(FormError::Malformed);
    const std::string_view name = view_of(form.fields_.back().name);
    if (std::ranges::count_if(form.fields_, [&](const Field& one) { return view_of(one.name) == name; }) > 1)
      return fail(FormError::Repeated);
  }
  return form;
}

std::optional<std::string_view> FormBody::find(std::string_view name) const {
  for (const Field& field : fields_)
    if (view_of(field.name) == name && !field.value.empty()) return view_of(field.value);
  return std::nullopt;
}

std::vector<std::string_view> FormBody::names() const {
  std::vector<std::string_view> names;
  for (const Field& field : fields_) names.push_back(view_of(field.name));
  return names;
}

}  // namespace sealpost

// Draws openapi.json as a list of operations that can be tried; text only ever becomes text nodes.
"use strict";

const base = location.pathname.replace(/\/docs\/?$/, "");
const at = (id) => document.getElementById(id);

function make(tag, text, ...children) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  node.append(...children);
  return node;
}

function resolve(schema, document_) {
  const name = schema?.$ref?.split("/").pop();
  return name ? document_.components.schemas[name] : schema;
}

function example(schema, document_, depth = 0) {
  const found = resolve(schema, document_) ?? {};
  if (found.examples?.length) return found.examples[0];
  if (found.default !== undefined) return found.default;
  if (found.const !== undefined) return found.const;
  if (found.enum) return found.enum[0];
  if (found.anyOf) return example(found.anyOf[0], document_, depth);
  if (found.type === "object" && depth < 6) {
    const entries = Object.entries(found.properties ?? {});
    return Object.fromEntries(entries.map(([key, value]) => [key, example(value, document_, depth + 1)]));
  }
  if (found.type === "array") return depth < 6 ? [example(found.items, document_, depth + 1)] : [];
  return { string: "", integer: 0, number: 0, boolean: false }[found.type] ?? null;
}

function field(parameter) {
  const input = make("input");
  input.placeholder = parameter.description ?? "";
  return { parameter, input, label: make("label", `${parameter.name} (${parameter.in})`, input) };
}

async function send(method, path, fields, body, output) {
  const headers = { "X-Recaller-CSRF": "1" };
  const query = new URLSearchParams();
  let url = path;
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value && parameter.in === "query") query.append(parameter.name, input.value);
    else if (input.value && parameter.in === "header") headers[parameter.name] = input.value;
  }
  if (at("token").value) headers.Authorization = `Bearer ${at("token").value}`;
  if (body) headers["Content-Type"] = "application/json";
  output.textContent = "…";
  try {
    const answer = await fetch(`${base}${url}?${query}`, { method, headers, body: body?.value });
    const text = await answer.text();
    let shown = text;
    if (text && (answer.headers.get("content-type") ?? "").includes("json")) {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    }
    output.textContent = `${answer.status} ${answer.statusText}\n${shown}`;
  } catch (error) {
    output.textContent = String(error);
  }
}

function operation(method, path, item, document_) {
  const fields = (item.parameters ?? []).filter((one) => one.in !== "cookie").map(field);
  const box = make("details", "", make("summary", "", make("b", method.toUpperCase()), make("code", path)));
  box.dataset.words = `${method} ${path} ${item.summary} ${item.description}`.toLowerCase();
  box.append(make("p", item.description ?? item.summary ?? ""), ...fields.map((one) => one.label));
  let body = null;
  const schema = item.requestBody?.content?.["application/json"]?.schema;
  if (schema) {
    body = make("textarea", JSON.stringify(example(schema, document_), null, 2));
    body.rows = 8;
    box.append(make("label", "Body", body));
  }
  const answers = Object.entries(item.responses ?? {}).map(([code, answer]) => `${code} ${answer.description}`);
  const output = make("pre", answers.join("\n"));
  const button = make("button", "Send");
  button.type = "button";
  button.addEventListener("click", () => send(method.toUpperCase(), path, fields, body, output));
  box.append(button, output);
  return box;
}

async function start() {
  const document_ = await (await fetch(`${base}/openapi.json`)).json();
  at("description").textContent = document_.info.description.trim();
  const boxes = Object.entries(document_.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, item]) => operation(method, path, item, document_)));
  at("operations").append(...boxes);
  at("status").textContent = `${boxes.length} operations`;
  at("find").addEventListener("input", () => {
    const wanted = at("find").value.toLowerCase();
    for (const box of boxes) box.hidden = !box.dataset.words.includes(wanted);
  });
}

start().catch((error) => { at("status").textContent = `The description can't be read: ${error}`; });

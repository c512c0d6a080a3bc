//! Swagger 2.0 said in OpenAPI 3.0, as far as requests and answers are held against it.

use serde_json::{Map, Value, json};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Brings a description into the one form that is checked: bodies as `requestBody`, answers' schemas below
/// `content`, parameters with `schema`, `nullable`, paths in full, parameters of a path at each operation.
pub(super) fn modernised(document: &mut Value) {
    let old = document.get("swagger").is_some();
    if old {
        nullable(document);
        if let Some(Value::Object(answers)) = document.get_mut("responses") {
            answers.values_mut().for_each(answer);
        }
    }
    let shared = document.get("parameters").cloned().unwrap_or_default();
    let base = document.get("basePath").and_then(Value::as_str).unwrap_or_default();
    let base = base.trim_end_matches('/').to_owned();
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return };
    for (path, mut item) in std::mem::take(paths) {
        let of_path = item.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else { continue };
            let mut parameters = of_path.clone();
            parameters
                .extend(operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default());
            operation["parameters"] = Value::Array(parameters);
            if old {
                modernise(operation, &shared);
            }
        }
        paths.insert(format!("{base}{path}"), item);
    }
}

fn modernise(operation: &mut Value, shared: &Value) {
    let mut kept = Vec::new();
    let mut form = Map::new();
    let mut required = Vec::new();
    for parameter in operation["parameters"].as_array().cloned().unwrap_or_default() {
        let parameter = match parameter.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let name = reference.trim_start_matches("#/parameters/");
                shared.get(name).cloned().unwrap_or_default()
            }
            None => parameter,
        };
        let place = parameter.get("in").and_then(Value::as_str).unwrap_or_default();
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        match place {
            "body" => {
                operation["requestBody"] = json!({
                    "required": parameter.get("required").cloned().unwrap_or(Value::Bool(false)),
                    "content": { "application/json": { "schema": parameter.get("schema") } },
                });
            }
            "formData" => {
                if parameter.get("required") == Some(&Value::Bool(true)) {
                    required.push(Value::String(name.clone()));
                }
                form.insert(name, schema_of(&parameter));
            }
            _ => kept.push(json!({
                "name": name,
                "in": place,
                "required": parameter.get("required").cloned().unwrap_or(Value::Bool(false)),
                "collectionFormat": parameter.get("collectionFormat"),
                "schema": schema_of(&parameter),
            })),
        }
    }
    operation["parameters"] = Value::Array(kept);
    if !form.is_empty() {
        let mut schema = json!({ "type": "object", "properties": form });
        if !required.is_empty() {
            schema["required"] = Value::Array(required);
        }
        operation["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
    }
    if let Some(Value::Object(answers)) = operation.get_mut("responses") {
        answers.values_mut().for_each(answer);
    }
}

/// The schema that Swagger 2.0 writes into the parameter itself.
fn schema_of(parameter: &Value) -> Value {
    let words =
        ["type", "format", "enum", "items", "minimum", "maximum", "minLength", "maxLength", "pattern"];
    let mut schema = Map::new();
    for word in words {
        if let Some(value) = parameter.get(word) {
            schema.insert(word.to_owned(), value.clone());
        }
    }
    if schema.get("type").and_then(Value::as_str) == Some("file") {
        schema.insert("type".into(), "string".into());
    }
    Value::Object(schema)
}

fn answer(answer: &mut Value) {
    let Some(object) = answer.as_object_mut() else { return };
    let Some(schema) = object.remove("schema") else { return };
    if schema.get("type").and_then(Value::as_str) != Some("file") {
        object.insert("content".into(), json!({ "application/json": { "schema": schema } }));
    }
}

fn nullable(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(nullable),
        Value::Object(object) => {
            object.values_mut().for_each(nullable);
            if let Some(Value::Bool(is)) = object.remove("x-nullable") {
                object.insert("nullable".into(), Value::Bool(is));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_description_is_read_as_a_new_one() {
        let mut document = json!({
            "swagger": "2.0",
            "basePath": "/api/v1",
            "parameters": { "page": { "name": "page", "in": "query", "type": "integer" } },
            "responses": { "gone": { "description": "gone", "schema": { "type": "object" } } },
            "definitions": { "Shop": { "properties": { "note": { "type": "string", "x-nullable": true } } } },
            "paths": { "/shops/{id}": {
                "parameters": [{ "name": "id", "in": "path", "required": true, "type": "string" }],
                "post": {
                    "parameters": [
                        { "$ref": "#/parameters/page" },
                        { "name": "body", "in": "body", "required": true, "schema": { "$ref": "#/definitions/Shop" } }
                    ],
                    "responses": {
                        "201": { "description": "made", "schema": { "$ref": "#/definitions/Shop" } },
                        "200": { "description": "raw", "schema": { "type": "file" } },
                        "410": { "$ref": "#/responses/gone" }
                    }
                },
                "put": { "parameters": [{ "name": "title", "in": "formData", "required": true, "type": "string" }] }
            } }
        });
        modernised(&mut document);
        let post = &document["paths"]["/api/v1/shops/{id}"]["post"];
        let shop = json!({ "$ref": "#/definitions/Shop" });
        assert_eq!(post["requestBody"]["required"], true);
        assert_eq!(post["requestBody"]["content"]["application/json"]["schema"], shop);
        assert_eq!(post["responses"]["201"]["content"]["application/json"]["schema"], shop);
        assert_eq!(post["responses"]["200"].get("content"), None);
        let names: Vec<_> = post["parameters"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
        assert_eq!(names, ["id", "page"]);
        assert_eq!(post["parameters"][1]["schema"], json!({ "type": "integer" }));
        let put =
            &document["paths"]["/api/v1/shops/{id}"]["put"]["requestBody"]["content"]["application/json"];
        assert_eq!(put["schema"]["required"], json!(["title"]));
        assert_eq!(document["responses"]["gone"]["content"]["application/json"]["schema"]["type"], "object");
        assert_eq!(document["definitions"]["Shop"]["properties"]["note"]["nullable"], true);
    }
}

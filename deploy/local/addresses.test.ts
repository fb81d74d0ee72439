import { expect, it } from "vitest";
import { Addresses } from "./addresses.js";

const addresses = new Addresses({ page: 1, api: 2, socket: 3 }, "local", "maru-local");
const host = (id: string): string => `\${${id}}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}`;

it.each([
  { name: "a text", value: "default", is: "default" },
  { name: "the table", value: { Ref: "Table" }, is: "maru-local" },
  { name: "where sockets are", value: { "Fn::Sub": `wss://${host("WebsocketsApi")}/local` }, is: "ws://127.0.0.1:3" },
  { name: "where pushes go", value: { "Fn::Sub": `https://${host("WebsocketsApi")}/local` }, is: "http://127.0.0.1:3" },
  { name: "where the HTTP API is", value: { "Fn::Sub": `https://${host("HttpApi")}` }, is: "http://127.0.0.1:2" },
  { name: "where the page is", value: { "Fn::Sub": "https://${Page.DomainName}" }, is: "http://127.0.0.1:1" },
])("knows $name", ({ value, is }) => expect(addresses.resolve(value)).toBe(is));

it.each([{ Ref: "Other" }, { "Fn::Sub": "https://${Other}" }, { "Fn::GetAtt": ["Table", "Arn"] }, null])("refuses %j", (value) =>
  expect(() => addresses.resolve(value)).toThrow("nothing here stands for"));

// What vendor/preact.js exports, for tsc only. cmd/internal/vendorweb has the same list.
import { h } from "preact";
export { h, render, Fragment, createContext, Component } from "preact";
export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useReducer, useContext, useId } from "preact/hooks";
export { signal, computed, effect, batch, untracked, useSignal, useComputed, useSignalEffect } from "@preact/signals";
export type { Signal, ReadonlySignal } from "@preact/signals";
export { default as htm } from "htm";
export function html(strings: TemplateStringsArray, ...values: any[]): ReturnType<typeof h>;

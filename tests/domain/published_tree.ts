/**
 * The tree of eight leaves that was published with Certificate Transparency's reference implementation
 * (`merkle_tree_test.cc`, `merkletree_test.py`) and that others of its kind took over, among them
 * transparency-dev/merkle (`testonly/constants.go`). Hashes are lower-case hex.
 */

export const PUBLISHED_LEAVES = [
  "",
  "\x00",
  "\x10",
  " !",
  "01",
  "@ABC",
  "PQRSTUVW",
  "`abcdefghijklmno",
];

/** Of the first leaf, the first two, and so on. */
export const PUBLISHED_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const LEAF_0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
const LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const NODE_0_2 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
const NODE_2_4 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const NODE_4_6 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const NODE_6_8 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const NODE_0_4 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const NODE_4_8 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

/** Inclusion proofs, the leaf's sibling first. */
export const PUBLISHED_PATHS: readonly (readonly [index: number, size: number, path: string[]])[] =
  [
    [0, 1, []],
    [0, 8, [LEAF_1, NODE_2_4, NODE_4_8]],
    [5, 8, [LEAF_4, NODE_6_8, NODE_0_4]],
    [2, 3, [NODE_0_2]],
    [1, 5, [LEAF_0, NODE_2_4, LEAF_4]],
  ];

/** Consistency proofs. */
export const PUBLISHED_PROOFS:
  readonly (readonly [first: number, second: number, proof: string[]])[] = [
    [1, 1, []],
    [1, 8, [LEAF_1, NODE_2_4, NODE_4_8]],
    [6, 8, [NODE_4_6, NODE_6_8, NODE_0_4]],
    [2, 5, [NODE_2_4, LEAF_4]],
  ];

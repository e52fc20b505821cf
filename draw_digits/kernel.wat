;; The matrix product that network.js spends its time in, with WebAssembly's SIMD: C += A · B.
;;
;;   npx --package wabt wat2wasm kernel.wat -o kernel.wasm
;;
;; kernel_fused.wasm multiplies and adds in one instruction, which some browsers lack (it is of
;; WebAssembly's relaxed SIMD). It is assembled with --enable-relaxed-simd from
;;
;;   sed -E 's/f32x4.add (\S+ \S+\)) \(f32x4.mul (.*)\)\)\)$/f32x4.relaxed_madd \2 \1))/' kernel.wat
;;
;; A has rows of `depth` floats. B lies in panels of eight columns: for each panel its `depth` rows of
;; eight floats, one after the other, so that it is read in one run. C has rows of `columns` floats, a
;; multiple of eight. The product is taken over the columns `from` to `to` of A; `rows` is a multiple
;; of four. Addresses, and what is added to them, are in bytes: a float has four.
;;
;; The innermost loop keeps a tile of C, four rows by eight columns, in eight registers, and adds to
;; it the product of four numbers of A with one row of the panel.
(module
  (import "page" "memory" (memory 1))
  (func (export "multiply")
    (param $a i32) (param $b i32) (param $c i32)
    (param $rows i32) (param $depth i32) (param $columns i32) (param $from i32) (param $to i32)
    (local $width i32) (local $stride i32) (local $panel i32) (local $row i32)
    (local $a0 i32) (local $a1 i32) (local $a2 i32) (local $a3 i32) (local $end i32)
    (local $k i32) (local $c0 i32) (local $c1 i32) (local $c2 i32) (local $c3 i32)
    (local $left v128) (local $right v128) (local $x v128)
    (local $l0 v128) (local $r0 v128) (local $l1 v128) (local $r1 v128)
    (local $l2 v128) (local $r2 v128) (local $l3 v128) (local $r3 v128)
    (local.set $width (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $stride (i32.shl (local.get $depth) (i32.const 2)))
    (loop $panels
      (local.set $row (i32.const 0))
      (loop $tiles
        ;; where this tile's rows of A begin and end, and its rows of C
        (local.set $a0 (i32.add (i32.add (local.get $a) (i32.mul (local.get $row) (local.get $stride)))
                                (i32.shl (local.get $from) (i32.const 2))))
        (local.set $a1 (i32.add (local.get $a0) (local.get $stride)))
        (local.set $a2 (i32.add (local.get $a1) (local.get $stride)))
        (local.set $a3 (i32.add (local.get $a2) (local.get $stride)))
        (local.set $end (i32.add (local.get $a0)
          (i32.shl (i32.sub (local.get $to) (local.get $from)) (i32.const 2))))
        (local.set $k (i32.add (local.get $b) (i32.shl (local.get $from) (i32.const 5))))
        (local.set $c0 (i32.add (i32.add (local.get $c) (i32.mul (local.get $row) (local.get $width)))
                                (local.get $panel)))
        (local.set $c1 (i32.add (local.get $c0) (local.get $width)))
        (local.set $c2 (i32.add (local.get $c1) (local.get $width)))
        (local.set $c3 (i32.add (local.get $c2) (local.get $width)))
        (local.set $l0 (v128.const f32x4 0 0 0 0)) (local.set $r0 (v128.const f32x4 0 0 0 0))
        (local.set $l1 (v128.const f32x4 0 0 0 0)) (local.set $r1 (v128.const f32x4 0 0 0 0))
        (local.set $l2 (v128.const f32x4 0 0 0 0)) (local.set $r2 (v128.const f32x4 0 0 0 0))
        (local.set $l3 (v128.const f32x4 0 0 0 0)) (local.set $r3 (v128.const f32x4 0 0 0 0))
        (loop $products
          (local.set $left (v128.load (local.get $k)))
          (local.set $right (v128.load offset=16 (local.get $k)))
          (local.set $x (v128.load32_splat (local.get $a0)))
          (local.set $l0 (f32x4.add (local.get $l0) (f32x4.mul (local.get $x) (local.get $left))))
          (local.set $r0 (f32x4.add (local.get $r0) (f32x4.mul (local.get $x) (local.get $right))))
          (local.set $x (v128.load32_splat (local.get $a1)))
          (local.set $l1 (f32x4.add (local.get $l1) (f32x4.mul (local.get $x) (local.get $left))))
          (local.set $r1 (f32x4.add (local.get $r1) (f32x4.mul (local.get $x) (local.get $right))))
          (local.set $x (v128.load32_splat (local.get $a2)))
          (local.set $l2 (f32x4.add (local.get $l2) (f32x4.mul (local.get $x) (local.get $left))))
          (local.set $r2 (f32x4.add (local.get $r2) (f32x4.mul (local.get $x) (local.get $right))))
          (local.set $x (v128.load32_splat (local.get $a3)))
          (local.set $l3 (f32x4.add (local.get $l3) (f32x4.mul (local.get $x) (local.get $left))))
          (local.set $r3 (f32x4.add (local.get $r3) (f32x4.mul (local.get $x) (local.get $right))))
          (local.set $k (i32.add (local.get $k) (i32.const 32)))
          (local.set $a1 (i32.add (local.get $a1) (i32.const 4)))
          (local.set $a2 (i32.add (local.get $a2) (i32.const 4)))
          (local.set $a3 (i32.add (local.get $a3) (i32.const 4)))
          (br_if $products (i32.lt_u
            (local.tee $a0 (i32.add (local.get $a0) (i32.const 4))) (local.get $end))))
        (v128.store (local.get $c0) (f32x4.add (local.get $l0) (v128.load (local.get $c0))))
        (v128.store (local.get $c1) (f32x4.add (local.get $l1) (v128.load (local.get $c1))))
        (v128.store (local.get $c2) (f32x4.add (local.get $l2) (v128.load (local.get $c2))))
        (v128.store (local.get $c3) (f32x4.add (local.get $l3) (v128.load (local.get $c3))))
        (v128.store offset=16 (local.get $c0) (f32x4.add (local.get $r0) (v128.load offset=16 (local.get $c0))))
        (v128.store offset=16 (local.get $c1) (f32x4.add (local.get $r1) (v128.load offset=16 (local.get $c1))))
        (v128.store offset=16 (local.get $c2) (f32x4.add (local.get $r2) (v128.load offset=16 (local.get $c2))))
        (v128.store offset=16 (local.get $c3) (f32x4.add (local.get $r3) (v128.load offset=16 (local.get $c3))))
        (br_if $tiles (i32.lt_u
          (local.tee $row (i32.add (local.get $row) (i32.const 4))) (local.get $rows))))
      (local.set $b (i32.add (local.get $b) (i32.mul (local.get $depth) (i32.const 32))))
      (br_if $panels (i32.lt_u
        (local.tee $panel (i32.add (local.get $panel) (i32.const 32))) (local.get $width))))))

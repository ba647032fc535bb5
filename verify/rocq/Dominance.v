(** Rows to which no equilibrium of positive cost gives weight. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game.
Open Scope R_scope.

(** Claims: none.
    For any field $U$: if $x_r = \sum_j a_j x_j$ with $a \ge 0$ and $\sum_j a_j > 1$, then $c_r = 0$ at every
    equilibrium whose common cost is positive. *)
Theorem dominated_row_has_no_weight :
  forall N d X u c lam r a,
    (r < N)%nat -> (forall j, (j < N)%nat -> 0 <= a j) -> 1 < sum N a ->
    (forall k, (k < d)%nat -> X r k = combine N X a k) ->
    0 < lam -> equilibrium N d X u c lam -> c r = 0.
Proof.
  intros N d X u c lam r a Hr Ha Hs Hx Hl [[Hc0 _] Hsup Hleast].
  destruct (Hc0 r Hr) as [Hp|Hz]; [exfalso|symmetry; exact Hz].
  specialize (Hsup r Hr Hp). rewrite (dot_ext_l d (X r) (combine N X a) u Hx), dot_combine in Hsup.
  assert (sum N (fun j => a j * lam) <= sum N (fun j => a j * dot d (X j) u)).
  { apply sum_le. intros j Hj. apply Rmult_le_compat_l; auto. }
  rewrite sum_scal_r in H. nra.
Qed.

(** Certificates of dominated rows. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Dominance Checkers.
Import ListNotations.
Open Scope R_scope.

(** Row r is the sum of a/unit times the rows, a is not negative, and its sum exceeds unit. *)
Definition dominates (K : numbers) (d : nat) (rows : list (list (carrier K))) (r : nat) (unit : carrier K) (a : list (carrier K)) : bool :=
  Nat.ltb r (length rows) && Nat.eqb (length a) (length rows) && forallb (at_most K (zero K)) a && positive K unit &&
  negb (at_most K (total K a) unit) &&
  forallb (fun k => same K (nth k (combined K d a rows) (zero K)) (mult K unit (nth k (nth r rows []) (zero K)))) (seq 0 d).
Definition check_dominated (K : numbers) (d : nat) (s : carrier K) (rows : list (list (carrier K))) (dominated units : list (carrier K))
    (factors : list (list (carrier K))) : bool :=
  shaped K d s rows &&
  forallb (fun k => at_most K (zero K) (nth k dominated (zero K)) &&
                    dominates K d rows (Z.to_nat (value K (nth k dominated (zero K)))) (nth k units (zero K)) (nth k factors []))
          (seq 0 (length dominated)).

(** Claims: none.
    Certificates of dominated rows: if the checker says true, no equilibrium of positive cost gives these rows weight, in
    whatever game with costs $F_i = x_i^\top U$. *)
Theorem check_dominated_sound :
  forall K d s rows dominated units factors,
    check_dominated K d s rows dominated units factors = true ->
    forall u c lam, 0 < lam -> equilibrium (length rows) d (matrix_of K s rows) u c lam ->
      forall r, In (Z.of_nat r) (map (value K) dominated) -> c r = 0.
Proof.
  intros K d s rows dominated units factors H u c lam Hl He r Hr. apply andb_true_iff in H. destruct H as [H1 H2].
  destruct (shaped_spec K d s rows H1) as [Hs [Hrows _]].
  apply (In_nth _ _ (value K (zero K))) in Hr. destruct Hr as [k [Hk Er]]. rewrite length_map in Hk. rewrite map_nth in Er.
  rewrite forallb_forall in H2. specialize (H2 k (proj2 (in_seq (length dominated) 0 k) ltac:(lia))). cbv beta in H2.
  rewrite Er, Nat2Z.id in H2. apply andb_true_iff in H2. destruct H2 as [_ H2]. unfold dominates in H2.
  set (one := nth k units (zero K)) in *. set (a := nth k factors []) in *.
  repeat rewrite andb_true_iff in H2. destruct H2 as [[[[[Hin Hlen] Hnn] Hone] Hsum] Hsame].
  apply Nat.ltb_lt in Hin. apply Nat.eqb_eq in Hlen. apply positive_value in Hone.
  apply negb_true_iff in Hsum. rewrite value_at_most in Hsum. apply Z.leb_gt, IZR_lt in Hsum.
  apply (dominated_row_has_no_weight (length rows) d (matrix_of K s rows) u c lam r (vector_of K one a)); try assumption.
  - intros j Hj. apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat; exact Hone]. rewrite <- Hlen in Hj.
    pose proof (forallb_nth _ _ _ (zero K) Hnn Hj) as P. apply at_most_value in P. rewrite value_zero in P. exact P.
  - unfold vector_of, Rdiv. rewrite sum_scal_r. rewrite <- (total_value K a _ Hlen).
    apply (Rmult_lt_reg_r (IZR (value K one))); [exact Hone|]. rewrite Rmult_assoc, Rinv_l, Rmult_1_l, Rmult_1_r by lra. exact Hsum.
  - intros j Hj. rewrite forallb_forall in Hsame. specialize (Hsame j (proj2 (in_seq d 0 j) ltac:(lia))). cbv beta in Hsame.
    apply andb_true_iff in Hsame. destruct Hsame as [Ha Hb]. apply at_most_value in Ha. apply at_most_value in Hb.
    rewrite value_mult, mult_IZR in Ha, Hb. fold (entry K (combined K d a rows) j) in Ha, Hb.
    fold (entry K (nth r rows []) j) in Ha, Hb. rewrite (combined_entry K d j a rows Hrows Hlen) in Ha, Hb.
    unfold combine, matrix_of, vector_of, Rdiv.
    rewrite (sum_ext (length rows) _ (fun i => entry K a i * entry K (nth i rows []) j * (/ IZR (value K one) * / IZR (value K s))))
      by (intros; ring).
    rewrite sum_scal_r. set (S := sum (length rows) _) in *. replace S with (IZR (value K one) * entry K (nth r rows []) j) by lra.
    field. lra.
Qed.
